import { expect, test } from "vitest";
import { isSaturated, marksOf } from "../../../src/sim/report/marks.ts";
import type { ReportRun } from "../../../src/sim/report/report-run.ts";

/** A run of a series with that throughput, 90th percentile of a whole answer, share of B* and mean wait. */
function run(series: string, throughput: number, seconds: number, use: number, queue = 0): ReportRun {
  const distribution = (value: number) => ({ mean: value, p50: value, p90: value, p99: value, max: value });
  return {
    series,
    setup: { hardware: "1 x a10", model: "m", policy: "p" },
    settings: "",
    load: `${throughput} requests/s`,
    curves: { ttftSeconds: [], itlSeconds: [], tpotSeconds: [], e2eSeconds: [] },
    timeline: [],
    summary: {
      throughput: { requestsPerSecond: 1, outputTokensPerSecond: throughput, totalTokensPerSecond: 1 },
      tpotSeconds: distribution(0.05),
      ttftSeconds: distribution(0.5),
      e2eSeconds: distribution(seconds),
      queueSeconds: distribution(queue),
      bStar: { tokens: 200, meanUse: use },
      cost: { dollarsPerDay: 24, dollarsPerMillionOutputTokens: 2 },
    } as ReportRun["summary"],
  };
}

test("the knee is where throughput over latency is greatest, B* the first load whose mean step reaches it", () => {
  const runs = [
    run("a", 100, 1, 0.3),
    run("a", 300, 1.5, 0.8),
    run("a", 400, 4, 1.2),
    run("a", 410, 9, 1.5),
    run("alone", 1, 1, 2),
  ];
  expect(marksOf(runs).map(({ remark }) => remark)).toEqual(["", "knee", "B*", "", ""]);
});

test("a run is saturated where a fourth as many requests wait as run, and not just for the next step", () => {
  expect([isSaturated(run("a", 1, 50, 1, 9)), isSaturated(run("a", 1, 10, 1, 6))]).toEqual([false, true]);
  expect(isSaturated(run("a", 1, 3, 1, 2))).toBe(false);
  expect(marksOf([run("a", 1, 10, 1, 6)])[0]).toMatchObject({
    saturated: true,
    tpot: 50,
    ttft: 0.5,
    hardware: "1 x a10",
  });
});

test("a pointer shows load, rates, latency and cost", () => {
  expect(marksOf([run("a", 100, 1, 0.5)])[0].tip).toBe(
    "a, 100 requests/s; 100 tokens/s, 1 requests/s; a token 50 ms, first token 500 ms (90th percentiles); $2 a million output tokens; mean step 50% of B*",
  );
});
