import { expect, test } from "vitest";
import { activateGate } from "../../../src/backends/reference/gated.ts";
import { UnsupportedModelError } from "../../../src/errors.ts";

test("silu: gate * sigmoid(gate) * up, for the counted numbers", () => {
  const gate = Float64Array.of(0, 1, -2, 800, -800, 5);
  activateGate("silu", gate, Float64Array.of(3, 2, 4, 1, 1, 1), 5);
  const sigmoid = (x: number): number => 0.5 * (1 + Math.tanh(x / 2));
  expect([...gate]).toEqual([0, 2 * sigmoid(1), -8 * sigmoid(-2), 800, 0, 5].map((value) => expect.closeTo(value, 13)));
});

test("gelu_tanh: the published values of torch's gelu(approximate='tanh')", () => {
  const gate = Float64Array.of(-3, -1, -0.5, 0, 0.5, 1, 3, 100);
  activateGate("gelu_tanh", gate, new Float64Array(8).fill(1), 8);
  const expected = [-0.00363739, -0.15880801, -0.154286, 0, 0.345714, 0.841192, 2.99636261, 100];
  expect([...gate]).toEqual(expected.map((value) => expect.closeTo(value, 6)));
});

test("another activation is refused by name", () => {
  expect(() => activateGate("relu", new Float64Array(1), new Float64Array(1), 1)).toThrow(UnsupportedModelError);
});
