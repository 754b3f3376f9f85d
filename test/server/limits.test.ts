import { expect, test } from "vitest";
import { limitsOf, SERVER_LIMITS } from "../../src/server/limits.ts";

test("what is left out has its default", () => {
  expect(limitsOf({ stops: 4, tools: undefined })).toEqual({ ...SERVER_LIMITS, stops: 4 });
});

test("a limit that does not exist or is none is named", () => {
  expect(() => limitsOf({ bodyByte: 1 } as never)).toThrow(/^limits\.bodyByte does not exist; there are bodyBytes, /);
  expect(() => limitsOf({ messages: 0 })).toThrow("limits.messages must be a number above 0, got 0");
  expect(() => limitsOf({ choices: 129 })).toThrow("limits.choices is 129, the engine takes 128 at most");
});
