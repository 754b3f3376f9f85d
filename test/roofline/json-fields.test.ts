import { describe, expect, test } from "vitest";
import { InvalidModelError, InvalidOptionError } from "../../src/errors.ts";
import { JsonFields } from "../../src/roofline/json-fields.ts";

const fields = new JsonFields("it", { a: null, b: 3, c: "x", d: 0.5, zero: 0, long: "y".repeat(200) }, InvalidModelError);

describe("JsonFields", () => {
  test("takes the first key that is there, null as absent", () => {
    expect(fields.find(["a", "b"])).toEqual({ key: "b", value: 3 });
    expect(fields.find(["a", "z"])).toBeUndefined();
    expect(fields.count(["a", "b"])).toBe(3);
    expect(fields.count(["z"], 7)).toBe(7);
    expect(fields.has("a")).toBe(false);
  });

  test("reads each kind of value, or the fallback", () => {
    expect(fields.positive("d")).toBe(0.5);
    expect(fields.positive("z", 2)).toBe(2);
    expect(fields.notNegative("zero")).toBe(0);
    expect(fields.flag("z", true)).toBe(true);
    expect(fields.text("c")).toBe("x");
    expect(fields.text("z", "w")).toBe("w");
  });

  test("names object, key and value, and quotes no more than people read", () => {
    expect(() => fields.positive("zero")).toThrow(`it: "zero" must be a finite number above 0, got 0`);
    expect(() => fields.flag("c", true)).toThrow(`it: "c" must be true or false, got "x"`);
    expect(() => fields.text("b")).toThrow(`it: "b" must be a string, got 3`);
    expect(() => fields.text("z")).toThrow(`it: "z" is missing`);
    expect(() => fields.positive("long")).toThrow(/got "y{59}…$/);
  });

  test("throws the error it was made with", () => {
    expect(() => new JsonFields("it", 3, InvalidOptionError)).toThrow(InvalidOptionError);
    expect(() => fields.count(["c"])).toThrow(InvalidModelError);
  });
});
