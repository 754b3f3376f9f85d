import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stripVTControlCharacters } from "node:util";
import { endOf, flat, paint } from "../../../src/cli/demo/paint.ts";

describe("paint", () => {
  const line = [{ text: "red", color: 1 }, { text: " and " }, { text: "loud", style: "bold" as const }];

  test("without colours it is the text alone", () => {
    expect(paint(line, 80, 1)).toBe("red and loud");
  });

  test("colours are of the terminal's kind, and end with the span", () => {
    expect(paint(line, 80, 8)).toBe("\u001b[38;5;208mred\u001b[0m and \u001b[1mloud\u001b[0m");
    expect(paint(line, 80, 4)).toBe("\u001b[33mred\u001b[0m and \u001b[1mloud\u001b[0m");
  });

  test("every request number has a colour", () => {
    for (const bits of [4, 8, 24]) {
      for (let color = 0; color < 40; color++) {
        expect(paint([{ text: "x", color }], 1, bits).split("\u001b")[1]).toMatch(/^\[[\d;]+mx$/);
      }
    }
  });

  test("what is too long is cut, wherever it ends", () => {
    for (let columns = 0; columns <= 14; columns++) {
      expect(stripVTControlCharacters(paint(line, columns, 8))).toBe("red and loud".slice(0, columns));
    }
  });
});

test("flat text is one line of single characters", () => {
  expect(flat("a\n\n b\t\u001b[2Jc")).toBe("a b ?[2Jc");
  expect(flat("é – “ﬁ” 世 👍 \u0301")).toBe("é – “?” ? ? ?");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const out = flat(text);
      expect(out).not.toMatch(/[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/);
      expect(flat(out)).toBe(out);
    }),
  );
});

test.each([
  ["abc", 3, "abc"],
  ["abcd", 3, "…cd"],
  ["abcd", 1, "…"],
  ["abcd", 0, ""],
])("the end of %j in %i characters is %j", (text, length, expected) => expect(endOf(text, length)).toBe(expected));
