import { describe, expect, test } from "vitest";
import { ropeInverseFrequencies, ropeMagnitude, type RopeScaling } from "../src/rope.ts";

describe("ropeInverseFrequencies", () => {
  const frequencies = (scaling: RopeScaling | null): number[] => [
    ...ropeInverseFrequencies({ theta: 10_000, dimensions: 8, scaling }),
  ];
  const close = (actual: number[], expected: number[]): void => {
    expect(actual.length).toBe(expected.length);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i], 12);
  };

  test("are theta to the power of -2i/headDim, one a pair", () => close(frequencies(null), [1, 0.1, 0.01, 0.001]));

  test("linear scaling divides them all", () =>
    close(frequencies({ kind: "linear", factor: 4 }), [0.25, 0.025, 0.0025, 0.00025]));

  test("llama3 scaling leaves fast ones, divides slow ones, and blends between", () => {
    // Turns in 1,000 positions: 159, 15.9, 1.59, 0.159; kept above 4, divided below 1.
    const scaled = frequencies({
      kind: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 1000,
    });
    const smooth = (10 / (2 * Math.PI) - 1) / 3;
    close(scaled, [1, 0.1, ((1 - smooth) / 8 + smooth) * 0.01, 0.001 / 8]);
  });

  test("a table of divisors divides each by its own", () => {
    close(frequencies({ kind: "divisors", divisors: [1, 2, 4, 10], magnitude: 1 }), [1, 0.05, 0.0025, 0.0001]);
  });

  test("yarn keeps what turns often, divides what turns seldom, and ramps between by the pair's number", () => {
    // Turns in 1,000 positions: 159, 15.9, 1.59, 0.159. The ramp goes from pair floor(0.70) = 0 to ceil(2.20) = 3.
    const scaling = {
      kind: "yarn",
      factor: 4,
      originalContextLength: 1000,
      betaFast: 32,
      betaSlow: 1,
      magnitude: 1.1,
      truncated: true,
    } as const;
    const ramp = (pair: number): number => 1 - pair / 3 + pair / 3 / 4;
    close(frequencies(scaling), [1, 0.1 * ramp(1), 0.01 * ramp(2), 0.00025]);
    expect(ropeMagnitude({ theta: 10_000, dimensions: 8, scaling })).toBe(1.1);
  });
});
