import { expect, test } from "vitest";
import { byteIds, byteToken } from "../../../src/models/tokenizer/token-model.ts";

const vocab = new Map([
  ["<0x0A>", 3],
  ["<0xC3>", 4],
  ["<0xA9>", 5],
]);

test("bytes have two digits, in capitals", () =>
  expect([10, 0xc3, 1].map((byte) => byteToken(vocab, byte))).toEqual([3, 4, undefined]));

test("a text's bytes, or null where one has no token", () => {
  expect(byteIds(vocab, "\né")).toEqual([3, 4, 5]);
  expect(byteIds(vocab, "\na")).toBeNull();
});
