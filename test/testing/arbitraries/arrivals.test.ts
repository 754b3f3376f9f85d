import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArrivalProcess, arrivalTimes } from "../../../src/testing/index.ts";

function gapsOf(process: ArrivalProcess, count = 400): number[] {
  const [times] = fc.sample(arrivalTimes(fc, { count, meanGap: 2, processes: [process] }), { numRuns: 1, seed: 5 });
  return times.slice(1).map((time, index) => time - times[index]);
}

describe("arrivalTimes", () => {
  test("are as many as asked for, from 0, and never go back", () => {
    fc.assert(
      fc.property(arrivalTimes(fc, { count: 7 }), (times) => {
        expect([times.length, times[0]]).toEqual([7, 0]);
        for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThanOrEqual(times[i - 1]);
        expect(times.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test("together: no gaps; regular: all the same", () => {
    expect(new Set(gapsOf("together"))).toEqual(new Set([0]));
    expect(new Set(gapsOf("regular"))).toEqual(new Set([2]));
  });

  test("poisson: gaps differ; bursts: most are none", () => {
    const poisson = gapsOf("poisson");
    expect(new Set(poisson).size).toBeGreaterThan(100);
    const bursts = gapsOf("bursts");
    const none = bursts.filter((gap) => gap === 0).length;
    expect(none).toBeGreaterThan(100);
    expect(none).toBeLessThan(bursts.length);
  });

  test("of no request are none", () => expect(fc.sample(arrivalTimes(fc, { count: 0 }), 1)).toEqual([[]]));
});
