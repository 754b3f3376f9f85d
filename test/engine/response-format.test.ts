import { expect, test } from "vitest";
import { InvalidRequestError } from "../../src/errors.ts";
import { maskOf } from "../../src/engine/response-format.ts";
import { HashMask } from "../../src/testing/steered-token.ts";

test("a request's mask is its own, its format's, or none", () => {
  const own = new HashMask(1, false);
  const made = new HashMask(2, false);
  const asked: unknown[] = [];
  const grammars = { mask: (...given: unknown[]) => (asked.push(given), made) };
  expect(maskOf({ mask: own }, [], {})).toBe(own);
  expect(maskOf({}, [], { grammars })).toBeUndefined();
  expect(maskOf({ responseFormat: { type: "text" } }, [], {})).toBeUndefined();
  expect(maskOf({ responseFormat: { type: "json_object" } }, [7], { grammars })).toBe(made);
  expect(asked).toEqual([[{ type: "json_object" }, [7]]]);
  expect(() => maskOf({ responseFormat: null as never }, [], { grammars })).toThrow(InvalidRequestError);
});
