import * as fc from "fast-check";
import { describe as group, expect, test } from "vitest";
import { InvalidModelError } from "../src/errors.ts";
import { describe, excerpt, isObject, parseJsonObject, parseStrictJsonObject } from "../src/json.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

group("parseJsonObject", () => {
  test("reads what JSON.parse reads", () => {
    const law = fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      expect(parseJsonObject(utf8(JSON.stringify(object)), "f")).toEqual(JSON.parse(JSON.stringify(object)));
    });
    fc.assert(law);
  });

  test.each<[string, Uint8Array, string | RegExp]>([
    ["a list", utf8("[1]"), "config.json: must be a JSON object, got [1]"],
    ["null", utf8("null"), "config.json: must be a JSON object, got null"],
    ["half a text", utf8('{"a":'), /^config\.json: not valid JSON \(.+\)$/],
    ["nothing", utf8(""), /^config\.json: not valid JSON \(.+\)$/],
    ["bytes that are no text", Uint8Array.of(0x22, 0xc3, 0x22), "config.json: not valid UTF-8"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseJsonObject(bytes, "config.json")).toThrow(
      typeof message === "string" ? new InvalidModelError(message) : message,
    );
    expect(() => parseJsonObject(bytes, "config.json")).toThrow(InvalidModelError);
  });

  test("keeps the last of two keys, as JSON.parse does", () =>
    expect(parseJsonObject(utf8('{"a":1,"a":2}'), "f")).toEqual({ a: 2 }));
});

group("parseStrictJsonObject", () => {
  test.each([
    ['{"a":1,"a":2}', '"a"'],
    ['{"a":{},"b":[{"a":1}],"a":2}', '"a"'],
    [String.raw`{"\u0061":1,"a":2}`, '"a"'],
    [String.raw`{"q\"":1,"q\"":2}`, String.raw`"q\""`],
    ['{"t":{"x":1,"y":2,"x":3}}', '"x"'],
  ])("refuses %s", (text, key) => {
    expect(() => parseStrictJsonObject(utf8(text), "f")).toThrow(new InvalidModelError(`f: ${key} is there twice`));
  });

  test.each(['{"a":{"a":1},"b":{"a":2}}', String.raw`{"a:":1,"{\"a\":1,":"\\","b":"a","c":["a","a"]}`])(
    "reads %s",
    (text) => {
      expect(parseStrictJsonObject(utf8(text), "f")).toEqual(JSON.parse(text));
    },
  );

  test("finds a key that is put in twice, and none in what JSON.stringify wrote", () => {
    const law = fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, seed) => {
      const text = JSON.stringify(object);
      expect(parseStrictJsonObject(utf8(text), "f")).toEqual(JSON.parse(text));
      const keys = Object.keys(object);
      const twice = `${text.slice(0, -1)},${JSON.stringify(keys[seed % keys.length])}:0}`;
      expect(() => parseStrictJsonObject(utf8(twice), "f")).toThrow(InvalidModelError);
    });
    fc.assert(law);
  });
});

group("messages", () => {
  test("say what a value is", () => {
    expect(describe(undefined)).toBe("it is missing");
    expect(describe("x")).toBe('got "x"');
    expect(excerpt([1, "a"])).toBe('[1,"a"]');
  });
  test("cut long values", () => expect(excerpt("x".repeat(200))).toHaveLength(81));
});

test("isObject", () =>
  expect([{}, [], null, 1, "a", undefined].map((value) => isObject(value))).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]));
