import { Command } from "commander";
import { expect, test } from "vitest";
import { registerGenerate } from "../../../src/cli/generate/command.ts";
import { memoryIo } from "../../support/cli-io.ts";

function optionsOf(...args: string[]): Record<string, unknown> {
  const program = new Command();
  registerGenerate(program, memoryIo());
  const [command] = program.commands;
  command.parseOptions(args);
  return command.opts();
}

test("what is not given has the documented default", () => {
  expect(optionsOf()).toEqual({
    model: "builtin",
    maxTokens: 64,
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    seed: 0,
    tokenBudget: 512,
    maxRequests: 256,
    blockSize: 16,
  });
});

test("options of the command line", () => {
  const args = [
    "-p",
    "",
    "-p",
    "--not-an-option",
    "--prompts",
    "-",
    "--max-tokens",
    "3",
    "--temperature",
    "0.5",
    "--top-k",
    "4",
    "--top-p",
    "0.9",
    "--min-p",
    ".1",
    "--seed",
    "5",
  ];
  expect(
    optionsOf(
      ...args,
      "--stop",
      ".",
      "--stop",
      "!",
      "--backend",
      "reference",
      "--token-budget",
      "6",
      "--budget",
      "measured",
      "--target-ms",
      "2.5",
      "--max-requests",
      "7",
      "--block-size",
      "8",
      "--blocks",
      "9",
      "--json",
    ),
  ).toMatchObject({
    prompt: ["", "--not-an-option"],
    prompts: "-",
    maxTokens: 3,
    temperature: 0.5,
    topK: 4,
    topP: 0.9,
    minP: 0.1,
    seed: 5,
    stop: [".", "!"],
    backend: "reference",
    tokenBudget: 6,
    budget: "measured",
    targetMs: 2.5,
    maxRequests: 7,
    blockSize: 8,
    blocks: 9,
    json: true,
  });
});
