import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { decimal, integer, several, severalNonEmpty } from "../../src/cli/option-values.ts";

test.each([
  ["0", 0],
  ["7", 7],
  ["007", 7],
  ["100", 100],
])("integer takes %j", (text, value) => expect(integer(0, 100)(text)).toBe(value));

test.each(["", " 5", "-1", "1.5", "1e3", "0x10", "101", "NaN", "Infinity", "five"])("integer refuses %j", (text) => {
  expect(() => integer(0, 100)(text)).toThrow(new InvalidArgumentError("It must be an integer from 0 to 100."));
});

test("an integer without an upper limit stays exact", () => {
  expect(integer(0)("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => integer(0)("9007199254740992")).toThrow("It must be an integer >= 0.");
});

test.each([
  ["0.5", 0.5],
  [".5", 0.5],
  ["1.", 1],
  ["5e-1", 0.5],
  ["+1", 1],
])("decimal takes %j", (text, value) => {
  expect(decimal("> 0", (x) => x > 0)(text)).toBe(value);
});

test.each(["", "0", "-1", "NaN", "Infinity", "1e999", "1,5", "half", "0x1"])("decimal refuses %j", (text) => {
  expect(() => decimal("> 0", (x) => x > 0)(text)).toThrow("It must be a number > 0.");
});

test("several collects in order, empty texts only where they are of use", () => {
  expect(several("", several("a", undefined))).toEqual(["a", ""]);
  expect(severalNonEmpty("b", severalNonEmpty("a", undefined))).toEqual(["a", "b"]);
  expect(() => severalNonEmpty("", undefined)).toThrow("It must not be empty.");
});
