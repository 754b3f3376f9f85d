import { expect, test } from "vitest";
import { formatBytes, formatSeconds, significant } from "../../src/roofline/format.ts";

test("bytes in binary units", () => {
  expect(formatBytes(640)).toBe("640 B");
  expect(formatBytes(2 ** 31)).toBe("2 GiB");
  expect(formatBytes(13_476_831_232)).toBe("12.6 GiB");
  expect(formatBytes(2 ** 55)).toBe("32,768 TiB");
});

test("seconds in the unit that suits them", () => {
  expect([1.5, 0.0278, 12e-6].map(formatSeconds)).toEqual(["1.5 s", "27.8 ms", "12 µs"]);
});

test("three digits, no exponent", () => {
  expect([0.012345, 5.5555, 152.4, 13_107.4, Number.POSITIVE_INFINITY].map(significant)).toEqual([
    "0.0123",
    "5.56",
    "152",
    "13,107",
    "Infinity",
  ]);
});
