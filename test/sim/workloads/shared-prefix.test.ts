import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import type { Arrival, Workload } from "../../../src/sim/index.ts";
import { RandomStream } from "../../../src/sim/random.ts";
import { sharedPrefix } from "../../../src/sim/workloads/shared-prefix.ts";
import { figuresOf, requests, takeFrom } from "../../support/simulations.ts";

test("families are equally likely, and each request's prompt is its prefix and more", () => {
  const arrivals = takeFrom(sharedPrefix({ rate: 2, seed: 4, families: 5, prefixTokens: 100 }), 2000);
  const counts = [0, 0, 0, 0, 0];
  for (const { pieces, pieceTokens, promptTokens } of arrivals) {
    counts[pieces![0]]++;
    expect(pieceTokens).toBe(100);
    expect(promptTokens).toBeGreaterThan(100);
  }
  for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(80);
  expect(arrivals.at(-1)!.at / 2000).toBeCloseTo(0.5, 1);
});

test.each([{ families: 0 }, { prefixTokens: 1.5 }, { rate: -1 }])("%o is refused", (options) => {
  expect(() => sharedPrefix({ seed: 0, ...options })).toThrow(InvalidOptionError);
});

/** Requests of families that fit the cache together, or nearly, and among them such as share nothing. */
function hotAndCold(options: {
  rate: number;
  hotShare: number;
  families: number;
  prefixTokens: number;
  outputTokens: number;
  count: number;
}): Workload {
  const random = new RandomStream(1, 77);
  return requests(
    (function* (): Generator<Arrival> {
      for (let i = 0, at = 0; i < options.count; i++, at += random.exponential(1 / options.rate)) {
        const size = { at, promptTokens: options.prefixTokens + 60, outputTokens: options.outputTokens };
        yield random.uniform() < options.hotShare
          ? { ...size, pieces: [random.below(options.families)], pieceTokens: options.prefixTokens }
          : size;
      }
    })(),
  );
}

describe("the order of a queue of shared prefixes", () => {
  test("lpm wins the mean over fcfs and loses the last percent: what shares nothing starves", async () => {
    const load = { rate: 28, hotShare: 0.92, families: 4, prefixTokens: 2000, outputTokens: 40, count: 1500 };
    const [fcfs, lpm] = await Promise.all(
      ["fcfs", "lpm"].map((queue) => figuresOf({ policies: { queue }, blockCount: 1000, workload: hotAndCold(load) })),
    );
    expect(lpm.ttftSeconds.mean!).toBeLessThan(fcfs.ttftSeconds.mean! / 2);
    expect(lpm.ttftSeconds.p99!).toBeGreaterThan(1.2 * fcfs.ttftSeconds.p99!);
  });

  test("hrrn wins both, as it was measured on a real engine: half the mean of fcfs at a lower p99", async () => {
    const load = { rate: 120, hotShare: 0.9, families: 30, prefixTokens: 400, outputTokens: 10, count: 2000 };
    const [fcfs, hrrn] = await Promise.all(
      ["fcfs", "hrrn"].map((queue) => figuresOf({ policies: { queue }, blockCount: 700, workload: hotAndCold(load) })),
    );
    expect(hrrn.ttftSeconds.mean!).toBeLessThan(fcfs.ttftSeconds.mean! / 2);
    expect(hrrn.ttftSeconds.p99!).toBeLessThan(fcfs.ttftSeconds.p99!);
    expect(hrrn.kv.prefixHitRate).toBeGreaterThan(fcfs.kv.prefixHitRate);
  });
});
