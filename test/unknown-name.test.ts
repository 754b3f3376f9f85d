import { expect, test } from "vitest";
import { InvalidOptionError } from "../src/errors.ts";
import { nearestName, unknownName } from "../src/unknown-name.ts";

test("says what is not known, and what is", () => {
  expect(unknownName("GPU", "abacus", ["a100", "h100"])).toEqual(
    new InvalidOptionError('unknown GPU "abacus"; known: a100, h100'),
  );
  expect(unknownName("model", "", new Map([["llama", 1]]).keys(), ", or a file").message).toBe(
    'unknown model ""; known: llama, or a file',
  );
});

test("the nearest name takes the fewest changes of letters", () => {
  const known = ["maxTokens", "minTokens", "topP", "temperature"];
  const near = ["max_tokens", "top_p", "temprature", "mintokens"].map((name) => nearestName(name, known));
  expect(near).toEqual(["maxTokens", "topP", "temperature", "minTokens"]);
  expect(known).toContain(nearestName("x".repeat(10_000), known));
});
