import { expect, test } from "vitest";
import { byteLevelBytes, encodeByteLevel } from "../../src/models/byte-level.ts";

test.each([
  ["!~¡¬®ÿ", [0x21, 0x7e, 0xa1, 0xac, 0xae, 0xff]],
  ["ĀĠĊġłŃ", [0x00, 0x20, 0x0a, 0x7f, 0xa0, 0xad]],
  ["", []],
])("%j stands for bytes", (token, bytes) => expect([...(byteLevelBytes(token) ?? [])]).toEqual(bytes));

test("each byte has one character", () => {
  const characters = Array.from({ length: 0x200 }, (_, code) => String.fromCharCode(code));
  const bytes = characters.flatMap((character) => [...(byteLevelBytes(character) ?? [])]);
  expect(bytes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
});

test.each([" ", "a b", "ń", "🦙", "\u{ad}"])("%j stands for none", (token) => expect(byteLevelBytes(token)).toBeNull());

test("a text as bytes' characters comes back, long or short", () => {
  for (const text of ["", " é\n", "🦙 ".repeat(3000)]) {
    expect(new TextDecoder().decode(byteLevelBytes(encodeByteLevel(text))!)).toBe(text);
  }
});
