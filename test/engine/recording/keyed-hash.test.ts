import { expect, test } from "vitest";
import { KeyedHash } from "../../../src/engine/recording/keyed-hash.ts";

const key = new Uint32Array(Uint8Array.from({ length: 16 }, (_, i) => i).buffer);

/** Of the bytes 0, 1, 2, ... as words. */
function hexOf(words: number): string {
  const hash = new KeyedHash(key);
  hash.begin();
  for (let i = 0; i < words; i++) hash.add(0x03020100 + i * 0x04040404);
  hash.end();
  return [hash.low, hash.high].map((half) => Buffer.from(Int32Array.of(half).buffer).toString("hex")).join("");
}

test("is SipHash-2-4: the values that OpenSSL gives for the bytes 0, 1, 2, ...", () => {
  expect([0, 1, 2, 3, 4, 15].map(hexOf)).toEqual([
    "310e0edd47db6f72",
    "b7877127e09427cf",
    "6224939a79f5f593",
    "fbe50e86bc8f1e75",
    "db9bc2577fcc2a3f",
    "e1915f5cb1eca46c",
  ]);
});

test("a value is an integer that JSON keeps, and follows the key", () => {
  const values = [0, 1].map((first) => {
    const hash = new KeyedHash(Uint32Array.of(first, 2, 3, 4));
    hash.begin();
    hash.add(7);
    hash.end();
    return hash.value;
  });
  expect(values.every(Number.isSafeInteger)).toBe(true);
  expect(values[0]).not.toBe(values[1]);
});
