import { expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { type Arrival, stages } from "../../../src/sim/index.ts";

function all(options: Parameters<typeof stages>[0]): Arrival[] {
  const workload = stages(options);
  const arrivals: Arrival[] = [];
  while (workload.nextAt < Number.POSITIVE_INFINITY) arrivals.push(workload.take());
  return arrivals;
}

test("each stage has its rate, silence included, and the last one ends the workload", () => {
  const arrivals = all({
    stages: [
      { rate: 5, seconds: 400 },
      { rate: 0, seconds: 100 },
      { rate: 20, seconds: 200 },
    ],
    seed: 1,
  });
  const within = (from: number, to: number): number => arrivals.filter(({ at }) => at >= from && at < to).length;
  // Five standard deviations of a Poisson count.
  expect(Math.abs(within(0, 400) - 2000)).toBeLessThan(224);
  expect(within(400, 500)).toBe(0);
  expect(Math.abs(within(500, 700) - 4000)).toBeLessThan(316);
  expect(within(700, Number.POSITIVE_INFINITY)).toBe(0);
});

test("stages have bounds", () => {
  for (const list of [
    [],
    [{ rate: -1, seconds: 1 }],
    [{ rate: 1, seconds: 0 }],
    Array.from({ length: 1441 }, () => ({ rate: 1, seconds: 1 })),
  ]) {
    expect(() => stages({ stages: list, seed: 0 })).toThrow(InvalidOptionError);
  }
});
