import { expect, test } from "vitest";
import { GeneratedWorkload } from "../../../src/sim/workloads/generated.ts";
import { PoissonArrivals } from "../../../src/sim/workloads/poisson-arrivals.ts";

const COUNT = 4000;
const rows = () => Array.from({ length: COUNT }, (_, i) => ({ at: 100 * i, promptTokens: i + 1, outputTokens: 1 }));

function timesOf(rate: number, seed: number): number[] {
  const workload = new PoissonArrivals(new GeneratedWorkload(rows()), rate, seed);
  const times: number[] = [];
  const taken = rows().map(() => {
    times.push(workload.nextAt);
    return workload.take();
  });
  expect(taken).toEqual(rows().map((row, i) => ({ ...row, at: times[i] })));
  return times;
}

test("replaces the times, keeps the requests and their order, and ends with them", () => {
  const times = timesOf(5, 1);
  expect(times[0]).toBe(0);
  // Five standard errors of the mean gap.
  expect(Math.abs(COUNT / times.at(-1)! / 5 - 1)).toBeLessThan(0.08);
  const workload = new PoissonArrivals(new GeneratedWorkload(rows().slice(0, 1)), 5, 1);
  workload.take();
  expect(workload.nextAt).toBe(Number.POSITIVE_INFINITY);
});

test("times that were measured are dropped: they were of other arrivals", () => {
  const measured = { ttftSeconds: 1, e2eSeconds: 2 };
  const recorded = new GeneratedWorkload([{ at: 0, promptTokens: 1, outputTokens: 1, measured }]);
  expect(new PoissonArrivals(recorded, 5, 1).take().measured).toBeUndefined();
});

test("is the same for the same seed; a rate stretches the same times", () => {
  expect(timesOf(5, 1)).toEqual(timesOf(5, 1));
  expect(timesOf(5, 2)).not.toEqual(timesOf(5, 1));
  expect(timesOf(10, 1)[9]).toBeCloseTo(timesOf(5, 1)[9] / 2, 9);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a rate of %d is refused", (rate) => {
  expect(() => new PoissonArrivals(new GeneratedWorkload([]), rate, 0)).toThrow(/rate must be a finite number above 0/);
});
