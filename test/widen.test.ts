import { expect, test } from "vitest";
import { widened } from "../src/widen.ts";

test("an array doubles, is as long as is needed, and stays below its limit", () => {
  const array = Int32Array.of(1, 2, 3);
  expect([4, 9].map((length) => widened(array, length, 100).length)).toEqual([6, 9]);
  expect(widened(array, 4, 5).length).toBe(5);
  expect([...widened(array, 4, 4)]).toEqual([1, 2, 3, 0]);
});
