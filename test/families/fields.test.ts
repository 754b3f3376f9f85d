import { expect, test } from "vitest";
import { InvalidModelError } from "../../src/errors.ts";
import { Fields } from "../../src/families/fields.ts";

const fields = (object: Record<string, unknown>): Fields => new Fields(object, "config.json");
const invalid = (message: string): InvalidModelError => new InvalidModelError(`config.json: ${message}`);

test("an absent key and null take the default, and without one are an error", () => {
  expect(fields({}).positiveInteger("n", 5)).toBe(5);
  expect(fields({ n: null }).boolean("n", true)).toBe(true);
  expect(() => fields({}).positiveInteger("n")).toThrow(invalid("n must be a positive integer, it is missing"));
  expect(() => fields({ n: null }).string("n")).toThrow(invalid("n must be a string, it is missing"));
});

test("keys that objects have already are absent", () => {
  expect(fields({}).get("constructor")).toBeUndefined();
  expect(() => fields({}).string("toString")).toThrow(invalid("toString must be a string, it is missing"));
});

test.each([0, -1, 1.5, 2 ** 31, "4", true, [4], {}])("positiveInteger refuses %j", (value) => {
  expect(() => fields({ n: value }).positiveInteger("n", 1)).toThrow(
    invalid(`n must be a positive integer, got ${JSON.stringify(value)}`),
  );
});

test("positiveInteger goes up to the largest position", () =>
  expect(fields({ n: 2 ** 31 - 1 }).positiveInteger("n")).toBe(2 ** 31 - 1));

test.each([0, -1e-6, "1", Number.POSITIVE_INFINITY])("positiveNumber refuses %s", (value) => {
  expect(() => fields({ x: value }).positiveNumber("x")).toThrow(/^config\.json: x must be a positive number, got /);
});

test("boolean and string refuse other types", () => {
  expect(() => fields({ b: 1 }).boolean("b", false)).toThrow(invalid("b must be true or false, got 1"));
  expect(() => fields({ s: 1 }).string("s")).toThrow(invalid("s must be a string, got 1"));
});

test("tokenIds reads one id or a list", () => {
  expect(fields({ a: 3, b: [0, 9], c: [], d: null }).tokenIds("a", 10)).toEqual([3]);
  expect(fields({ b: [0, 9] }).tokenIds("b", 10)).toEqual([0, 9]);
  expect(fields({ c: [] }).tokenIds("c", 10)).toEqual([]);
  expect(fields({ d: null }).tokenIds("d", 10)).toBeUndefined();
});

test.each([-1, 10, 1.5, "2", [2, null], [[2]], true])("tokenIds refuses %j", (value) => {
  expect(() => fields({ a: value }).tokenIds("a", 10)).toThrow(
    invalid(`a must be an id or a list of ids from 0 to 9, got ${JSON.stringify(value)}`),
  );
});

test("a prefix says in which object the key is", () => {
  expect(() => new Fields({ factor: 0 }, "config.json", { prefix: "rope_scaling." }).positiveNumber("factor")).toThrow(
    invalid("rope_scaling.factor must be a positive number, got 0"),
  );
});
