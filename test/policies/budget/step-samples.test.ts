import { describe, expect, test } from "vitest";
import { StepSamples } from "../../../src/policies/budget/step-samples.ts";

describe("StepSamples", () => {
  test("keeps the last eight of each size", () => {
    const samples = new StepSamples();
    for (let time = 1; time <= 20; time++) samples.add(100, time);
    samples.add(400, 50);
    const { tokens, times } = samples.all();
    expect(tokens).toEqual([...Array<number>(8).fill(100), 400]);
    expect(times.slice(0, 8).toSorted((a, b) => a - b)).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    expect(times[8]).toBe(50);
  });

  test("takes sizes within a fifth for one, all others apart", () => {
    const samples = new StepSamples();
    for (const tokens of [1, 2, 3, 4, 64, 75, 77, 128]) samples.add(tokens, 1);
    for (let i = 0; i < 8; i++) samples.add(65, 2);
    expect(samples.all().tokens.filter((tokens) => tokens === 64 || tokens === 75)).toEqual([]);
    expect(samples.all().tokens).toEqual(expect.arrayContaining([1, 2, 3, 4, 77, 128]));
  });

  test("takes sizes beyond all that a step may have", () => {
    const samples = new StepSamples();
    samples.add(2 ** 30, 1);
    expect(samples.all()).toEqual({ tokens: [2 ** 30], times: [1] });
  });
});
