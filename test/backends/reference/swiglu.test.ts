import { expect, test } from "vitest";
import { swiglu } from "../../../src/backends/reference/swiglu.ts";

test("gate * sigmoid(gate) * up, for the counted numbers", () => {
  const gate = Float64Array.of(0, 1, -2, 800, -800, 5);
  swiglu(gate, Float64Array.of(3, 2, 4, 1, 1, 1), 5);
  const sigmoid = (x: number): number => 0.5 * (1 + Math.tanh(x / 2));
  expect([...gate]).toEqual([0, 2 * sigmoid(1), -8 * sigmoid(-2), 800, 0, 5].map((value) => expect.closeTo(value, 13)));
});
