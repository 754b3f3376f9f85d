import { describe, expect, test } from "vitest";
import { UnsupportedModelError } from "../../src/errors.ts";
import { parseDecoder } from "../../src/models/token-bytes.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sequence = (...decoders: unknown[]): unknown => ({ type: "Sequence", decoders });
const REPLACE = { type: "Replace", pattern: { String: "▁" }, content: " " };
const FUSE = { type: "Fuse" };
const strip = (start: number, stop = 0, content = " "): unknown => ({ type: "Strip", content, start, stop });

test("Llama 2's sequence", () => {
  const { toBytes, droppedLeadingSpaces } = parseDecoder(sequence(REPLACE, { type: "ByteFallback" }, FUSE, strip(1)));
  expect(droppedLeadingSpaces).toBe(1);
  expect(text(toBytes("▁the▁é"))).toBe(" the é");
  expect([...toBytes("<0xE9>")]).toEqual([0xe9]);
  expect(text(toBytes("<0xE9"))).toBe("<0xE9");
  expect(text(toBytes("<0xGG>"))).toBe("<0xGG>");
});

test("without ByteFallback, <0xE9> is text", () =>
  expect(text(parseDecoder(sequence(REPLACE, FUSE)).toBytes("<0xE9>"))).toBe("<0xE9>"));

test("ByteLevel", () => {
  const { toBytes, droppedLeadingSpaces } = parseDecoder({ type: "ByteLevel" });
  expect(droppedLeadingSpaces).toBe(0);
  expect(text(toBytes("ĠthÃ©"))).toBe(" thé");
  expect(text(toBytes("a b"))).toBe("a b");
});

test.each([
  [{ type: "Metaspace" }, "a"],
  [{ type: "Metaspace", prepend_scheme: "first" }, "a"],
  [{ type: "Metaspace", prepend_scheme: "never" }, " a "],
  [{ type: "Metaspace", add_prefix_space: false }, " a "],
])("%j: a first token loses all its spaces, or none", (decoder, first) => {
  const { toBytes, firstToBytes, droppedLeadingSpaces } = parseDecoder(decoder);
  expect(droppedLeadingSpaces).toBe(0);
  expect(text(toBytes("▁a▁"))).toBe(" a ");
  expect(text((firstToBytes ?? toBytes)("▁a▁"))).toBe(first);
});

test("Metaspace with a replacement of its own", () =>
  expect(text(parseDecoder({ type: "Metaspace", replacement: "_" }).toBytes("_a▁"))).toBe(" a▁"));

describe("refuses, by name", () => {
  test.each([
    ["none at all", null, null],
    ["another kind", { type: "WordPiece", prefix: "##" }, { type: "WordPiece", prefix: "##" }],
    ["a sequence without a list", { type: "Sequence" }, { type: "Sequence" }],
    [
      "a pattern",
      sequence({ type: "Replace", pattern: { Regex: "a+" }, content: "" }),
      { type: "Replace", pattern: { Regex: "a+" }, content: "" },
    ],
    ["a strip token by token", sequence(REPLACE, strip(1)), strip(1)],
    ["a strip at the end", sequence(FUSE, strip(0, 1)), strip(0, 1)],
    ["a strip of something else", sequence(FUSE, strip(1, 0, "_")), strip(1, 0, "_")],
    ["a step after Fuse", sequence(FUSE, REPLACE), REPLACE],
  ])("%s", (_, decoder, step) => {
    const shown = JSON.stringify(step);
    const excerpt = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
    const parse = () => parseDecoder(decoder);
    expect(parse).toThrow(UnsupportedModelError);
    expect(parse).toThrow(
      `tokenizer.json: decoder ${excerpt} is not implemented here, only ByteLevel, Metaspace, and a sequence of Replace and ByteFallback, Fuse, Strip of leading spaces`,
    );
  });
});
