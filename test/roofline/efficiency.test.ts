import { expect, test } from "vitest";
import {
  A100_EFFICIENCY,
  type Efficiency,
  gpuNamed,
  HOPPER_EFFICIENCY,
  MEAN_EFFICIENCY,
  RTX_4090_EFFICIENCY,
} from "../../src/roofline/index.ts";

const figures = Object.keys(MEAN_EFFICIENCY).filter((key) => key !== "fittedOn") as Exclude<
  keyof Efficiency,
  "fittedOn"
>[];

test("shares are of what the datasheet says, times are small", () => {
  for (const efficiency of [A100_EFFICIENCY, HOPPER_EFFICIENCY, RTX_4090_EFFICIENCY, MEAN_EFFICIENCY]) {
    for (const key of figures) {
      if (key.endsWith("Share")) expect(efficiency[key]).toSatisfy((share: number) => share > 0.3 && share <= 1);
      else expect(efficiency[key]).toSatisfy((seconds: number) => seconds >= 0 && seconds < 2e-3);
    }
  }
});

test("a GPU without data has a mean that lies between the fitted ones", () => {
  expect(gpuNamed("l40s").efficiency).toBe(MEAN_EFFICIENCY);
  for (const key of figures) {
    const ends = [A100_EFFICIENCY, RTX_4090_EFFICIENCY, HOPPER_EFFICIENCY].map((set) => set[key]);
    expect(MEAN_EFFICIENCY[key]).toBeGreaterThanOrEqual(Math.min(...ends));
    expect(MEAN_EFFICIENCY[key]).toBeLessThanOrEqual(Math.max(...ends));
  }
  const kv =
    A100_EFFICIENCY.kvBandwidthShare + RTX_4090_EFFICIENCY.kvBandwidthShare + HOPPER_EFFICIENCY.kvBandwidthShare;
  expect(MEAN_EFFICIENCY.kvBandwidthShare).toBeCloseTo(kv / 3, 12);
});
