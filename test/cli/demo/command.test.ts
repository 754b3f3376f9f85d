import { Command } from "commander";
import { expect, test } from "vitest";
import { registerDemo } from "../../../src/cli/demo/command.ts";
import { bstar, memoryIo } from "../../support/cli-io.ts";

test("the default budget is above the decodes there can be, and the pool below what the requests want", () => {
  const program = new Command();
  registerDemo(program, memoryIo());
  const options = program.commands[0].opts();
  expect(options).toEqual({
    seed: 0,
    temperature: 0.7,
    tokenBudget: expect.any(Number),
    blocks: expect.any(Number),
    speed: 2,
  });
  expect(options["tokenBudget"]).toBeGreaterThan(16);
});

test.each([
  ["--speed", "0", "It must be a number > 0."],
  ["--blocks", "0", "It must be an integer from 1 to 65536."],
  ["--token-budget", "0", "It must be an integer from 1 to 4096."],
])("%s %s is bad usage", async (option, value, message) => {
  const { code, err } = await bstar(["demo", option, value]);
  expect(code).toBe(2);
  expect(err).toContain(`${option} `);
  expect(err).toContain(message);
});
