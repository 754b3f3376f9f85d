import { expect, test } from "vitest";
import { halfToNumber, numberToHalf } from "../../src/quantization/index.ts";
import { roundEven } from "../../src/quantization/half.ts";

test("every binary16 that is a number comes back bit by bit", () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const number = halfToNumber(bits);
    if (!Number.isNaN(number) && numberToHalf(number) !== bits) {
      throw new Error(`${bits} became ${numberToHalf(number)}`);
    }
  }
  expect(Number.isNaN(halfToNumber(numberToHalf(Number.NaN)))).toBe(true);
});

test("numbers between two go to the nearer, and from the middle to the even one", () => {
  for (const bits of [0, 1, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x7bfe]) {
    const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
    const middle = (low + high) / 2;
    expect(numberToHalf(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
    expect(numberToHalf(middle - (high - low) / 8)).toBe(bits);
    expect(numberToHalf(middle + (high - low) / 8)).toBe(bits + 1);
  }
});

test("roundEven", () => expect([0.4, 0.5, 0.6, 1.5, 2.5, 7].map(roundEven)).toEqual([0, 0, 1, 2, 2, 7]));
