import { Command } from "commander";
import { expect, test } from "vitest";
import { UsageError } from "../../src/cli/failure.ts";
import { refuseWithoutEffect } from "../../src/cli/without-effect.ts";

test("an option that was given is refused by its name, a default is not", () => {
  const command = new Command()
    .option("--prompt-tokens <n>", "", "512")
    .option("--json")
    .parse(["--json"], { from: "user" });
  refuseWithoutEffect(command, ["promptTokens"], "is of a workload");
  expect(() => refuseWithoutEffect(command, ["promptTokens", "json"], "is of a run")).toThrow(
    new UsageError("--json is of a run"),
  );
  command.parse(["--prompt-tokens", "3"], { from: "user" });
  expect(() => refuseWithoutEffect(command, ["promptTokens"], "is of a workload")).toThrow(
    "--prompt-tokens is of a workload",
  );
});
