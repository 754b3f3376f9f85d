import { expect, test } from "vitest";
import { InvalidOptionError } from "../src/errors.ts";
import { unknownName } from "../src/unknown-name.ts";

test("says what is not known, and what is", () => {
  expect(unknownName("GPU", "abacus", ["a100", "h100"])).toEqual(
    new InvalidOptionError('unknown GPU "abacus"; known: a100, h100'),
  );
  expect(unknownName("model", "", new Map([["llama", 1]]).keys(), ", or a file").message).toBe(
    'unknown model ""; known: llama, or a file',
  );
});
