import { describe, expect, test } from "vitest";
import { threefry4x32, uniform } from "../../src/sampling/threefry.ts";

const ONES = 0xffffffff;

/** Sum of (observed - expected)² / expected where all bins are expected alike. */
function chiSquare(bins: readonly number[]): number {
  const expected = bins.reduce((a, b) => a + b, 0) / bins.length;
  return bins.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
}

function histogram(size: number, count: number, bin: (i: number) => number): number[] {
  const bins = new Array<number>(size).fill(0);
  for (let i = 0; i < count; i++) bins[bin(i)]++;
  return bins;
}

describe("threefry4x32", () => {
  // Random123's kat_vectors, "threefry4x32 20": counter, key, result.
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8],
    ],
    [
      [ONES, ONES, ONES, ONES],
      [ONES, ONES, ONES, ONES],
      [0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89],
      [0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84],
    ],
  ])("known answer for counter %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    threefry4x32(out, key, counter);
    expect([...out]).toEqual(expected);
  });

  test("takes words signed and unsigned alike", () => {
    const [signed, unsigned] = [new Int32Array(4), new Uint32Array(4)];
    threefry4x32(signed, new Int32Array([-1, -2, -3, -4]), new Int32Array([-5, 6, -7, 8]));
    threefry4x32(unsigned, new Uint32Array([-1, -2, -3, -4]), new Uint32Array([-5, 6, -7, 8]));
    expect([...new Uint32Array(signed.buffer)]).toEqual([...unsigned]);
  });
});

describe("uniform", () => {
  test("is a multiple of 2^-24 in [0, 1) made of the first word", () => {
    expect(uniform(0, 0, 0, 0)).toBe((0x9c6ca96a >>> 8) / 2 ** 24);
    for (let position = 0; position < 1000; position++) {
      const u = uniform(7, 0, 0, position);
      expect(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24)).toBe(true);
    }
  });

  test("is spread evenly", () => {
    // 63 degrees of freedom: above 121 once in 100,000
    expect(chiSquare(histogram(64, 64_000, (i) => Math.floor(uniform(1, 2, 3, i) * 64)))).toBeLessThan(121);
  });

  test.each<[string, (i: number) => number]>([
    ["seeds", (i) => uniform(6, 0, 0, i)],
    ["high words of the seed", (i) => uniform(5, 1, 0, i)],
    ["choices", (i) => uniform(5, 0, 1, i)],
    ["positions", (i) => uniform(5, 0, 0, i + 1)],
  ])("neighbouring %s are independent", (_, neighbour) => {
    const pair = (i: number): number => Math.floor(uniform(5, 0, 0, i) * 8) * 8 + Math.floor(neighbour(i) * 8);
    expect(chiSquare(histogram(64, 64_000, pair))).toBeLessThan(121);
  });
});
