import { expect, test } from "vitest";
import { InvalidOptionError } from "../src/errors.ts";
import {
  checkOptions,
  integerOption,
  type OptionKind,
  numberOption,
  shown,
  withDefaults,
} from "../src/option-checks.ts";

const kinds: Record<string, OptionKind> = { run: "function", ids: "ids", log: ["note"], size: "other" };

test.each<[object, string]>([
  [{ sise: 1 }, 'unknown option "sise"; known: run, ids, log, size; did you mean size?'],
  [{ run: null }, "run must be a function, got null"],
  [{ ids: 5 }, "ids must be an array of token ids, got 5"],
  [{ ids: [1, -1] }, "ids[1] must be an integer >= 0, got -1"],
  [{ log: 5 }, "log must be an object, got 5"],
  [{ log: {} }, "log has no method note"],
  [{ log: Promise.resolve() }, "log is a promise: await it first"],
])("%o is refused", (options, message) => {
  expect(() => checkOptions(options, kinds)).toThrow(new InvalidOptionError(message));
});

test("what fits is taken, and what is undefined counts as not given", () => {
  const options = { run: () => {}, ids: [0, 5], log: { note: () => {} }, size: "any" };
  expect(() => checkOptions(options, kinds)).not.toThrow();
  expect(() => checkOptions({ run: undefined, ids: undefined }, kinds)).not.toThrow();
  expect(() => checkOptions(null as never, kinds)).toThrow(
    new InvalidOptionError("options must be an object, got null"),
  );
});

test("numbers are of the range that the message names", () => {
  expect([integerOption("n", 3, { least: 3, most: 3 }), numberOption("x", 0.5, { above: 0 })]).toEqual([3, 0.5]);
  expect(() => integerOption("n", 4, { least: 0, most: 3 })).toThrow("n must be an integer in [0, 3], got 4");
  expect(() => integerOption("n", "3", { least: 0, orElse: "null or " })).toThrow(
    'n must be null or an integer >= 0, got "3"',
  );
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "3", null]) {
    expect(() => numberOption("x", value, { above: 0 })).toThrow(
      `x must be a finite number above 0, got ${shown(value)}`,
    );
  }
});

test("values are shown as they are written", () => {
  expect(["3", 3n, null, undefined, [1], {}, Number.NaN].map((value) => shown(value))).toEqual([
    '"3"',
    "3n",
    "null",
    "undefined",
    "[1]",
    "{}",
    "NaN",
  ]);
});

test("withDefaults fills in what is not given, and takes undefined for that", () => {
  expect(withDefaults({ a: 1, b: 2 }, { a: undefined, b: 3 })).toEqual({ a: 1, b: 3 });
  expect(withDefaults({ a: 1 }, undefined)).toEqual({ a: 1 });
});
