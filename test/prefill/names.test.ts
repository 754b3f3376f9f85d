import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { CHUNKINGS, chunkingNamed } from "../../src/prefill/names.ts";

test.each(Object.keys(CHUNKINGS))("%s makes the policy of that name", (name) => {
  expect(chunkingNamed(name, { target: 1, stepTime: () => 1 }).name).toBe(name);
});

test.each(["fifo", "toString", ""])("an unknown name, %j, lists the known ones", (name) => {
  expect(() => chunkingNamed(name)).toThrow(
    new InvalidOptionError(`unknown chunking "${name}"; known: fcfs, equal-progress, slo, none`),
  );
});

test("slo says what it needs", () => {
  expect(() => chunkingNamed("slo", { target: 1 })).toThrow(
    new InvalidOptionError("chunking slo needs an inter-token target and a prediction of step times"),
  );
});
