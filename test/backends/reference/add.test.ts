import { expect, test } from "vitest";
import { add } from "../../../src/backends/reference/add.ts";

test("adds the counted numbers in place", () => {
  const x = Float64Array.of(1, 2, 3);
  add(x, Float64Array.of(10, 20, 30), 2);
  expect([...x]).toEqual([11, 22, 3]);
});
