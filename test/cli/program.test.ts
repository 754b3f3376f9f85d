import { expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { memoryIo } from "../support/cli-io.ts";

async function commandsFor(...args: string[]): Promise<string[]> {
  const program = await createProgram(args, memoryIo(), { out: "", err: "" });
  return program.commands.map((command) => command.name());
}

test("only the command that is named is loaded", async () => {
  expect(await commandsFor("generate", "-p", "x")).toEqual(["generate"]);
  expect(await commandsFor("roofline")).toEqual(["roofline"]);
});

test("all commands are loaded where none is known by name", async () => {
  const all = await commandsFor("--help");
  expect(all).toEqual(expect.arrayContaining(["demo", "generate", "doctor", "roofline"]));
  expect(await commandsFor("genrate")).toEqual(all);
  expect(await commandsFor()).toEqual(all);
});
