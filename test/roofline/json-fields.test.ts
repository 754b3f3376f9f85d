import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { JsonFields } from "../../src/roofline/json-fields.ts";

const fields = new JsonFields("f.json", { a: 1, b: "x", none: null }, InvalidOptionError);

test("reads what is there, or the fallback", () => {
  expect([
    fields.within("a", [0, 1]),
    fields.within("c", [0, 1], 7),
    fields.text("b", "y"),
    fields.text("none", "y"),
  ]).toEqual([1, 7, "x", "y"]);
  expect([fields.find("a"), fields.find("none"), fields.find("toString")]).toEqual([1, undefined, undefined]);
});

test("a complaint names object, key and value", () => {
  expect(() => fields.within("a", [2, 3])).toThrow(
    new InvalidOptionError('f.json: "a" must be a number from 2 to 3, got 1'),
  );
  expect(() => fields.within("b", [0, 1])).toThrow('f.json: "b" must be a number from 0 to 1, got "x"');
  expect(() => fields.within("c", [0, 1])).toThrow('f.json: "c" is missing');
  expect(() => fields.text("a", "")).toThrow('f.json: "a" must be a string, got 1');
  expect(() => new JsonFields("f.json", [], InvalidOptionError)).toThrow("f.json must be a JSON object, got []");
  expect(() => new JsonFields("f.json", "x".repeat(100), InvalidOptionError)).toThrow(/got "x{59}…$/);
});

test("a key that is not known is named with those that are", () => {
  expect(() => fields.only(["a", "b"])).toThrow('f.json: unknown key "none"; known: a, b');
  fields.only(["a", "b", "none"]);
});
