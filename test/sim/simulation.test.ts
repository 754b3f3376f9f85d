import { describe, expect, test } from "vitest";
import { DeviceLimitError, InvalidOptionError } from "../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import type { Arrival } from "../../src/sim/arrival.ts";
import type { SimulationOptions } from "../../src/sim/options.ts";
import type { StepOutcome } from "../../src/scheduler/outcome.ts";
import { Simulation } from "../../src/sim/simulation.ts";
import type { StepPlan } from "../../src/step.ts";
import { summarize } from "../../src/sim/summary.ts";
import { ClosedLoop } from "../../src/sim/workloads/closed-loop.ts";
import { GeneratedWorkload } from "../../src/sim/workloads/generated.ts";
import { gamma, poisson } from "../../src/sim/workloads/open.ts";
import { sharedPrefix } from "../../src/sim/workloads/shared-prefix.ts";
import { Sessions } from "../../src/sim/workloads/sessions.ts";

const SETUP = { gpu: gpuNamed("a10"), shape: modelNamed("llama-7b") };
const request = (at: number, promptTokens: number, outputTokens: number, more: Partial<Arrival> = {}): Arrival => ({
  at,
  promptTokens,
  outputTokens,
  ...more,
});

async function run(
  workload: SimulationOptions["workload"] | readonly Arrival[],
  options: Partial<SimulationOptions> = {},
): Promise<Simulation> {
  const source = "take" in workload ? workload : new GeneratedWorkload(workload);
  const simulation = new Simulation({ ...SETUP, blockCount: 256, workload: source, ...options });
  await simulation.run();
  return simulation;
}
const figures = (simulation: Simulation) => summarize(simulation, { loopSeconds: 0 });

test("equal options and seeds give equal runs, another seed another one", async () => {
  const of = async (seed: number) => figures(await run(gamma({ rate: 4, seed }), { maxArrivals: 80 }));
  expect(await of(3)).toEqual(await of(3));
  expect(await of(3)).not.toEqual(await of(4));
});

describe("tokens", () => {
  test("are conserved: every prompt taken in and every answer produced whole, preempted or not", async () => {
    const arrivals = Array.from({ length: 40 }, (_, i) => request(i / 100, 30 + 7 * i, 20 + 3 * i));
    const cases = [40, 4096].flatMap((blockCount) => [true, false].map((planAhead) => ({ blockCount, planAhead })));
    for (const { blockCount, planAhead } of cases) {
      const steps: number[] = [];
      const simulation = new Simulation(
        { ...SETUP, blockCount, planAhead, workload: new GeneratedWorkload(arrivals) },
        (plan) => void steps.push(plan.tokenCount),
      );
      await simulation.run();
      const { kv, requests } = figures(simulation);
      expect(requests).toEqual({ submitted: 40, completed: 40, rejected: 0, clipped: 0, dropped: 0 });
      expect(simulation.metrics.promptTokens).toBe(sum(arrivals.map((each) => each.promptTokens)));
      expect(simulation.metrics.outputTokens).toBe(sum(arrivals.map((each) => each.outputTokens)));
      // The last token of an answer is never an input.
      const again = sum(steps) - sum(arrivals.map((each) => each.promptTokens + each.outputTokens - 1));
      // Planned ahead, a preemption may come while the request's token is under way.
      expect(again).toBeGreaterThanOrEqual(kv.recomputedTokens);
      expect(again).toBeLessThanOrEqual(kv.recomputedTokens + (planAhead ? kv.preemptions : 0));
      expect(again > 0).toBe(blockCount === 40);
      expect(kv.preemptions > 0).toBe(blockCount === 40);
      expect(simulation.scheduler.kv.pool.heldCount).toBe(0);
    }
  });

  test("take the time that the device says: one request alone", async () => {
    const simulation = await run([request(5, 100, 3)]);
    const { ttftSeconds, tpotSeconds, e2eSeconds, queueSeconds, steps, durationSeconds } = figures(simulation);
    expect(queueSeconds.mean).toBe(0);
    expect(steps).toMatchObject({ count: 3, meanTokens: 34, meanRequests: 1 });
    expect(durationSeconds).toBeCloseTo(e2eSeconds.mean!, 9);
    expect(ttftSeconds.mean! + 2 * tpotSeconds.mean!).toBeCloseTo(e2eSeconds.mean!, 9);
    expect(3 * steps.meanSeconds).toBeCloseTo(e2eSeconds.mean!, 9);
    // Weights of 13.5e9 bytes at 600e9 bytes a second at the very most.
    expect(tpotSeconds.mean!).toBeGreaterThan(13.4e9 / 600e9);
  });
});

describe("the next step is decided while one runs", () => {
  /** A request that arrives at once, and one while its prompt is computed. */
  const seen = async (options: Partial<SimulationOptions>): Promise<(string | number | null)[][]> => {
    const rows: (string | number | null)[][] = [];
    const observe = (plan: StepPlan, outcome: StepOutcome): void =>
      void rows.push([
        plan.tokenCount,
        ...outcome.requests.slice(0, outcome.tokenCount).map(({ promptTokenCount }) => promptTokenCount),
      ]);
    const simulation = new Simulation(
      {
        ...SETUP,
        blockCount: 256,
        workload: new GeneratedWorkload([request(0, 64, 4), request(1e-6, 32, 2)]),
        ...options,
      },
      observe,
    );
    await simulation.run();
    return rows;
  };

  test("an arrival waits for the step after the one that is decided already", async () => {
    expect(await seen({ planAhead: false })).toEqual([
      [64, 64],
      [33, 64, 32],
      [2, 64, 32],
      [1, 64],
    ]);
    expect(await seen({ planAhead: true })).toEqual([
      [64, 64],
      [1, 64],
      [33, 64, 32],
      [2, 64, 32],
    ]);
  });

  test("the front end keeps a request from the scheduler, and its time counts", async () => {
    const alone = async (frontEndSeconds: number) => figures(await run([request(5, 100, 3)], { frontEndSeconds }));
    const [without, with20] = [await alone(0), await alone(0.02)];
    expect(with20.ttftSeconds.mean! - without.ttftSeconds.mean!).toBeCloseTo(0.02, 9);
    expect(with20.e2eSeconds.mean! - without.e2eSeconds.mean!).toBeCloseTo(0.02, 9);
    expect(with20.tpotSeconds.mean!).toBeCloseTo(without.tpotSeconds.mean!, 9);
    await expect(alone(-1)).rejects.toThrow(/frontEndSeconds must be/);
  });
});

test("without prefix caching nothing is found, and what shares nothing runs as it did", async () => {
  const { kv, ttftSeconds } = figures(
    await run(sharedPrefix({ rate: 4, seed: 1, outputTokens: 8 }), { maxArrivals: 40, blockCount: 4096 }),
  );
  const without = figures(
    await run(sharedPrefix({ rate: 4, seed: 1, outputTokens: 8 }), {
      maxArrivals: 40,
      blockCount: 4096,
      prefixCaching: false,
    }),
  );
  expect([kv.prefixHitTokens > 0, without.kv.prefixHitTokens]).toEqual([true, 0]);
  expect(without.ttftSeconds.mean!).toBeGreaterThan(ttftSeconds.mean!);
  const unshared = async (prefixCaching: boolean) =>
    figures(
      await run(poisson({ rate: 4, seed: 1, outputTokens: 8 }), { maxArrivals: 40, blockCount: 4096, prefixCaching }),
    );
  expect(await unshared(false)).toEqual(await unshared(true));
});

describe("requests are all accounted for", () => {
  test("clip cuts to the context, drop leaves out", async () => {
    const arrivals = [request(0, 50, 20), request(0, 80, 40), request(1, 10, 200)];
    const clipped = await run(arrivals, { contextLength: 100 });
    expect(clipped.counts).toEqual({ submitted: 3, completed: 3, rejected: 0, clipped: 2, dropped: 0 });
    expect(clipped.metrics.promptTokens + clipped.metrics.outputTokens).toBe(70 + 100 + 100);
    const dropped = await run(arrivals, { contextLength: 100, overContext: "drop" });
    expect(dropped.counts).toEqual({ submitted: 1, completed: 1, rejected: 0, clipped: 0, dropped: 2 });
  });

  test("what can never run is rejected, and a closed loop goes on", async () => {
    const arrivals = [request(0, 500, 20), request(0, 20, 20)];
    expect((await run(arrivals, { blockCount: 4 })).counts).toMatchObject({ submitted: 2, completed: 1, rejected: 1 });
    const loop = new ClosedLoop({ concurrency: 2, promptTokens: 60, outputTokens: 10, seed: 0 });
    const { submitted, completed, rejected } = (await run(loop, { blockCount: 5, maxArrivals: 50 })).counts;
    expect(submitted).toBe(50);
    expect(completed + rejected).toBe(50);
    expect(rejected).toBeGreaterThan(0);
  });

  test("a deadline that passes ends a request that is neither completed nor rejected", async () => {
    const { counts, scheduler } = await run([request(0, 500, 500), request(0, 20, 200, { deadlineSeconds: 0.5 })]);
    expect(counts).toMatchObject({ submitted: 2, completed: 1, rejected: 0 });
    expect(scheduler.size).toBe(0);
  });

  test("maxArrivals ends an endless workload", async () => {
    expect((await run(poisson({ rate: 50, seed: 1, outputTokens: 5 }), { maxArrivals: 17 })).counts).toMatchObject({
      submitted: 17,
      completed: 17,
    });
  });

  test("an empty workload is a run of no time", async () => {
    const { requests, durationSeconds, throughput, ttftSeconds, cost, steps } = figures(await run([]));
    expect(requests.submitted).toBe(0);
    expect([durationSeconds, throughput.requestsPerSecond, steps.count]).toEqual([0, 0, 0]);
    expect(ttftSeconds.p99).toBeNull();
    expect(cost.dollarsPerMillionOutputTokens).toBeNull();
  });
});

describe("prefixes", () => {
  test("equal leading pieces are computed once", async () => {
    const pieces = { pieces: [4, 5], pieceTokens: 64 };
    const { kv } = figures(
      await run([
        request(0, 140, 4, pieces),
        request(10, 140, 4, pieces),
        request(20, 140, 4, { ...pieces, pieces: [4, 9] }),
      ]),
    );
    expect(kv.prefixHitTokens).toBe(128 + 64);
    expect(kv.prefixHitRate).toBeCloseTo(192 / 420, 9);
  });

  test("a session's next turn finds the turns before it", async () => {
    const { kv } = figures(
      await run(new Sessions({ rate: 0.5, turns: 6, seed: 2, promptTokens: 64, outputTokens: 32 }), {
        maxArrivals: 60,
        blockCount: 4096,
      }),
    );
    expect(kv.prefixHitRate).toBeGreaterThan(0.4);
  });

  test("prompts that share nothing hit nothing", async () => {
    expect(figures(await run(poisson({ rate: 5, seed: 1 }), { maxArrivals: 40 })).kv.prefixHitTokens).toBe(0);
  });
});

test("clients get their figures, and promises their goodput", async () => {
  const arrivals = [
    request(0, 40, 5, { client: "ann" }),
    request(0, 400, 5, { client: "bob" }),
    request(9, 40, 5, { client: "ann" }),
  ];
  const { mean, max } = figures(await run(arrivals)).ttftSeconds;
  const between = (mean! + max!) / 2;
  const { fairness, goodput } = figures(await run(arrivals, { slo: { ttftSeconds: between } }));
  expect(fairness?.clients.map(({ client, requests, promptTokens }) => [client, requests, promptTokens])).toEqual([
    ["ann", 2, 80],
    ["bob", 1, 400],
  ]);
  expect(fairness!.waitingIndex).toBeGreaterThan(0.5);
  expect(fairness!.waitingIndex).toBeLessThan(1);
  expect(goodput!.requests).toBeLessThan(3);
  expect(goodput!.share).toBeCloseTo(goodput!.requests / 3, 9);
});

test("each request's last chunk and no other gives a token", async () => {
  let samples = 0;
  const simulation = new Simulation(
    { ...SETUP, blockCount: 256, tokenBudget: 32, workload: new GeneratedWorkload([request(0, 100, 4)]) },
    (plan) => void (samples += plan.sampleCount),
  );
  await simulation.run();
  expect(samples).toBe(4);
  expect(simulation.metrics.steps).toBe(4 + 3);
});

describe("refuses", () => {
  test("weights over memory, with the numbers", () => {
    expect(
      () =>
        new Simulation({ gpu: gpuNamed("a10"), shape: modelNamed("llama-2-13b"), workload: new GeneratedWorkload([]) }),
    ).toThrow(DeviceLimitError);
    expect(
      () =>
        new Simulation({ gpu: gpuNamed("a10"), shape: modelNamed("llama-2-13b"), workload: new GeneratedWorkload([]) }),
    ).toThrow(/llama-2-13b.*24\.2 GiB, a10 has 20 GiB for them/);
  });

  test("a context of less than a prompt and an answer", () => {
    expect(() => new Simulation({ ...SETUP, contextLength: 1, workload: new GeneratedWorkload([]) })).toThrow(
      InvalidOptionError,
    );
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
