import { describe, expect, test } from "vitest";
import { multilinearHash } from "../../src/blocks/block-hash.ts";

const BLOCK = 4;
const hash = multilinearHash(BLOCK);

/** How many different hashes there are, at the low bits that pick a place of a table. */
function places(hashes: readonly number[], bits: number): number {
  return new Set(hashes.map((each) => each & (2 ** bits - 1))).size;
}

describe("multilinearHash", () => {
  test("is made of the parent and the tokens from where they start, and of nothing else", () => {
    const tokens = Int32Array.of(9, 1, 2, 3, 4, 9);
    expect(hash(5, tokens, 1, BLOCK)).toBe(hash(5, Int32Array.of(1, 2, 3, 4), 0, BLOCK));
    expect(multilinearHash(BLOCK)(5, tokens, 1, BLOCK)).toBe(hash(5, tokens, 1, BLOCK));
  });

  test("one token or the parent changed gives another hash, and so does another order", () => {
    const tokens = [1, 2, 3, 4];
    const variants = [...tokens.keys()].map((index) => tokens.with(index, 77));
    const hashes = [tokens, ...variants, [2, 1, 3, 4], [1, 2, 4, 3]].map((each) =>
      hash(5, Int32Array.from(each), 0, BLOCK),
    );
    expect(new Set([...hashes, hash(6, Int32Array.from(tokens), 0, BLOCK)]).size).toBe(8);
  });

  test("spreads neighbours as chance would", () => {
    const count = 1000;
    const lastTokens = Array.from({ length: count }, (_, i) => hash(-1, Int32Array.of(7, 7, 7, i), 0, BLOCK));
    const firstTokens = Array.from({ length: count }, (_, i) => hash(-1, Int32Array.of(i, 7, 7, 7), 0, BLOCK));
    const parents = Array.from({ length: count }, (_, i) => hash(i, Int32Array.of(7, 7, 7, 7), 0, BLOCK));
    // 1,024 places: of 1,000 thrown at random 638 are hit, give or take 12.
    for (const hashes of [lastTokens, firstTokens, parents]) expect(places(hashes, 10)).toBeGreaterThan(600);
  });

  test("is a 32-bit integer that is not negative", () => {
    const hashes = Array.from({ length: 100 }, (_, i) =>
      hash(~i, Int32Array.of(i, -i, 2 ** 31 - 1, -(2 ** 31)), 0, BLOCK),
    );
    expect(hashes.every((each) => Number.isInteger(each) && each >= 0 && each < 2 ** 32)).toBe(true);
  });
});
