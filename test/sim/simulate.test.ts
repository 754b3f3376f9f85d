import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Workload } from "../../src/sim/arrival.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { type SimulateOptions, simulate, type SimulationRun } from "../../src/sim/simulate.ts";
import { namedPolicies, type PolicyNames } from "../../src/sim/named-policies.ts";
import { RandomStream } from "../../src/sim/random.ts";
import { openTrace } from "../../src/sim/traces/trace-file.ts";
import { poisson } from "../../src/sim/workloads/open.ts";
import { PoissonArrivals } from "../../src/sim/workloads/poisson-arrivals.ts";
import { figuresOf } from "../support/simulations.ts";

const A100 = gpuNamed("a100-80gb");
const LLAMA = modelNamed("llama-2-7b");
const small = (options: Partial<SimulateOptions> = {}) =>
  simulate({ gpu: A100, shape: LLAMA, workload: poisson({ rate: 4, seed: 5 }), maxArrivals: 60, ...options });

describe("a run", () => {
  test("is summarized under stable keys", async () => {
    const { summary } = await small();
    const distribution = ["mean", "p50", "p90", "p99", "max"];
    expect(Object.keys(summary)).toEqual([
      "requests",
      "durationSeconds",
      "throughput",
      "ttftSeconds",
      "itlSeconds",
      "tpotSeconds",
      "e2eSeconds",
      "queueSeconds",
      "steps",
      "kv",
      "bStar",
      "loopSeconds",
      "cost",
    ]);
    expect(Object.keys(summary.requests)).toEqual(["submitted", "completed", "rejected", "clipped", "dropped"]);
    expect(Object.keys(summary.throughput)).toEqual([
      "requestsPerSecond",
      "outputTokensPerSecond",
      "totalTokensPerSecond",
    ]);
    for (const key of ["ttftSeconds", "itlSeconds", "tpotSeconds", "e2eSeconds", "queueSeconds"] as const) {
      expect(Object.keys(summary[key])).toEqual(distribution);
    }
    expect(Object.keys(summary.steps)).toEqual(["count", "meanTokens", "meanRequests", "meanSeconds"]);
    expect(Object.keys(summary.kv)).toEqual([
      "blockCount",
      "meanUse",
      "peakUse",
      "preemptions",
      "recomputedTokens",
      "prefixHitTokens",
      "prefixHitRate",
    ]);
    expect(Object.keys(summary.bStar)).toEqual(["tokens", "meanUse"]);
    expect(Object.keys(summary.cost)).toEqual(["dollarsPerDay", "dollarsPerMillionOutputTokens"]);
  });

  test("agrees with itself: rates, B*, cost, curves", async () => {
    const { summary, curves } = await small({ dollarsPerHour: 2 });
    const { throughput, durationSeconds, requests, bStar, steps, cost, kv } = summary;
    expect(throughput.requestsPerSecond * durationSeconds).toBeCloseTo(requests.completed, 6);
    expect(throughput.totalTokensPerSecond).toBeGreaterThan(throughput.outputTokensPerSecond);
    expect(bStar.meanUse * bStar.tokens).toBeCloseTo(steps.meanTokens, 6);
    expect(cost.dollarsPerDay).toBe(48);
    expect(cost.dollarsPerMillionOutputTokens).toBeCloseTo((2 / 3600 / throughput.outputTokensPerSecond) * 1e6, 6);
    expect(kv.meanUse).toBeLessThanOrEqual(kv.peakUse);
    expect(kv.peakUse).toBeLessThanOrEqual(1);
    expect(curves.e2eSeconds).toHaveLength(101);
    expect(curves.e2eSeconds[50]).toBe(summary.e2eSeconds.p50);
    expect(curves.ttftSeconds.at(-1)).toBe(summary.ttftSeconds.max);
  });

  test("has a timeline that covers it and counts its preemptions", async () => {
    const { summary, timeline } = await small({
      blockCount: 300,
      maxArrivals: 120,
      workload: poisson({ rate: 20, seed: 5 }),
    });
    expect(timeline.length).toBeLessThanOrEqual(256);
    expect(timeline.at(-1)!.at).toBeLessThanOrEqual(summary.durationSeconds + 1);
    expect(timeline.reduce((total, point) => total + point.preemptions, 0)).toBe(summary.kv.preemptions);
    expect(summary.kv.preemptions).toBeGreaterThan(0);
    for (const { kvUse } of timeline) expect(kvUse).toBeLessThanOrEqual(1);
  });
});

/**
 * Users who ask again at once. 98% of the prompts begin like one of 16 families, and some families are frequent; 2% are
 * cold. All of them together do not fit into the 1,100 blocks of the test.
 */
function impatient(users: number, seed: number): Workload {
  const random = new RandomStream(seed, 77);
  const ready = Array.from({ length: users }, () => 0);
  return {
    starved: false,
    get nextAt() {
      return ready[0] ?? Number.POSITIVE_INFINITY;
    },
    take() {
      const at = ready.shift()!;
      const [outputTokens, own] = [8 + random.below(32), 32 + random.below(400)];
      if (random.uniform() < 0.02) return { at, promptTokens: 500 + own, outputTokens };
      return {
        at,
        promptTokens: 2048 + own,
        outputTokens,
        pieces: [Math.ceil(16 * random.uniform() ** 2) - 1],
        pieceTokens: 2048,
      };
    },
    refill: async () => {},
    ended: (_arrival, _tokens, now) => void ready.push(now),
  };
}

const traces = fileURLToPath(new URL("../../../shared/traces/", import.meta.url));
const noTraces = !existsSync(traces);
const truth = fileURLToPath(new URL("../../../shared/groundtruth/", import.meta.url));
const noTruth = !existsSync(truth);

/** vLLM 0.19 on an RTX 4090 with its own number of blocks and limits: 300 requests under memory pressure. */
test.skipIf(noTruth)(`a real run of vLLM is met (skipped where ../shared/groundtruth is absent)`, async () => {
  const rows = readFileSync(`${truth}vllm019_rtx4090_llama31-8b_requests.csv`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));
  const mean = (of: (row: number[]) => number): number => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const { workload } = await openTrace(`${truth}sharegpt300_workload.jsonl.gz`, 0);
  const { summary } = await simulate({
    gpu: gpuNamed("rtx-4090"),
    shape: modelNamed("llama-3.1-8b"),
    workload,
    blockCount: 2588,
    maxRequests: 256,
    tokenBudget: 2048,
    contextLength: 32_768,
  });
  const off = (simulated: number | null, measured: number): number => Math.abs(simulated! / measured - 1);
  expect(summary.requests).toMatchObject({ submitted: 300, completed: 300, clipped: 0 });
  expect(
    off(
      summary.ttftSeconds.mean,
      mean(([, , , arrival, , , first]) => first - arrival),
    ),
  ).toBeLessThan(0.15);
  expect(
    off(
      summary.tpotSeconds.mean,
      mean(([, , outputs, , , , first, last]) => (last - first) / (outputs - 1)),
    ),
  ).toBeLessThan(0.05);
  expect(
    off(
      summary.e2eSeconds.mean,
      mean(([, , , arrival, , , , last]) => last - arrival),
    ),
  ).toBeLessThan(0.05);
  // Memory was short: that run preempted, and no request several times over.
  expect(summary.kv.preemptions).toBeGreaterThan(30);
  expect(summary.kv.preemptions).toBeLessThan(300);
});

test.skipIf(noTraces)(
  "a cache with room for all finds what a trace repeats (skipped where ../shared/traces is absent)",
  async () => {
    const open = async () => (await openTrace(`${traces}mooncake_conversation.jsonl.gz`, 0)).workload;
    const [rows, seen] = [await open(), new Set<number>()];
    let [repeated, prompts] = [0, 0];
    for (let i = 0; i < 250; i++) {
      while (rows.starved) await rows.refill();
      const { pieces = [], promptTokens } = rows.take();
      const fresh = pieces.findIndex((piece) => !seen.has(piece));
      repeated += Math.min(512 * (fresh === -1 ? pieces.length : fresh), promptTokens - 1);
      prompts += promptTokens;
      for (const piece of pieces) seen.add(piece);
    }
    const { kv } = await figuresOf({
      model: "llama-3.1-8b",
      gpu: "h200",
      gpus: 8,
      workload: await open(),
      maxArrivals: 250,
      blockSize: 512,
      blockCount: 20_000,
      tokenBudget: 8192,
    });
    expect(repeated / prompts).toBeGreaterThan(0.05);
    expect(Math.abs(kv.prefixHitRate / (repeated / prompts) - 1)).toBeLessThan(0.02);
  },
);

describe("what the literature reports comes out", () => {
  const offered = (
    options: Partial<SimulateOptions> = {},
    names: PolicyNames = {},
    tokenBudget = 512,
  ): Promise<SimulationRun> => {
    const setup = { gpu: A100, shape: LLAMA, ...options };
    const policies = namedPolicies(names, { ...setup, tokenBudget, cacheTokens: 16_000 });
    return simulate({
      workload: poisson({ rate: 40, seed: 1, promptTokens: 400, outputTokens: 100 }),
      maxArrivals: 300,
      tokenBudget,
      policies,
      ...setup,
    });
  };

  test.skipIf(noTraces).each(["azure2023_conv.csv", "sharegpt10k_lengths.csv"])(
    "grouped queries give Mistral-7B about 1.5 times Llama-2-7B's throughput on %s (skipped where ../shared/traces is absent)",
    async (name) => {
      const of = async (model: string) => {
        const { workload } = await openTrace(`${traces}${name}`, 0);
        return (
          await figuresOf({
            model,
            workload: new PoissonArrivals(workload, 1000, 0),
            maxArrivals: 800,
            contextLength: 4096,
          })
        ).throughput.totalTokensPerSecond;
      };
      const ratio = (await of("mistral-7b")) / (await of("llama-2-7b"));
      expect(ratio).toBeGreaterThan(1.35);
      expect(ratio).toBeLessThan(1.65);
    },
  );

  test("chunks cut the longest waits between tokens against whole prompts, and small chunks cost throughput", async () => {
    const workload = () => poisson({ rate: 3, seed: 1, promptTokens: 1500, outputTokens: 100 });
    const [chunked, whole] = await Promise.all(
      [512, 8192].map((tokens) =>
        offered({ workload: workload(), maxArrivals: 150 }, { chunking: tokens === 8192 ? "none" : "fcfs" }, tokens),
      ),
    );
    expect(chunked.summary.itlSeconds.p99!).toBeLessThan(whole.summary.itlSeconds.p99!);
    const [tiny, usual] = await Promise.all([64, 512].map((tokens) => offered({}, {}, tokens)));
    expect(tiny.summary.throughput.totalTokensPerSecond).toBeLessThan(
      0.9 * usual.summary.throughput.totalTokensPerSecond,
    );
  });

  test("reserving whole contexts saturates first", async () => {
    const [paged, orca] = await Promise.all(
      ["watermark", "reserve-context"].map((admission) => offered({}, { admission })),
    );
    expect(orca.summary.throughput.outputTokensPerSecond).toBeLessThan(
      0.85 * paged.summary.throughput.outputTokensPerSecond,
    );
    expect(orca.summary.steps.meanRequests).toBeLessThan(paged.summary.steps.meanRequests);
  });

  test("no-evict never preempts where the watermark does", async () => {
    const options = () => ({ blockCount: 300 });
    const [watermark, noEvict] = await Promise.all(
      ["watermark", "no-evict"].map((admission) => offered(options(), { admission })),
    );
    expect(watermark.summary.kv.preemptions).toBeGreaterThan(0);
    expect(noEvict.summary.kv.preemptions).toBe(0);
    expect(noEvict.summary.requests.completed).toBe(300);
  });

  test("where families compete for the cache, longest prefixes first wins the mean over first come and loses the tail; highest response ratio wins both", async () => {
    const of = (queue: string) =>
      figuresOf({
        policies: { queue },
        workload: impatient(100, 1),
        maxArrivals: 3000,
        blockCount: 1100,
        maxRequests: 24,
        tokenBudget: 1024,
      });
    const [fcfs, lpm, hrrn] = await Promise.all(["fcfs", "lpm", "hrrn"].map(of));
    expect(lpm.kv.prefixHitRate).toBeGreaterThan(1.5 * fcfs.kv.prefixHitRate);
    expect(lpm.ttftSeconds.mean!).toBeLessThan(0.5 * fcfs.ttftSeconds.mean!);
    expect(lpm.ttftSeconds.p99!).toBeGreaterThan(1.05 * fcfs.ttftSeconds.p99!);
    expect(hrrn.ttftSeconds.mean!).toBeLessThan(0.5 * fcfs.ttftSeconds.mean!);
    expect(hrrn.ttftSeconds.p99!).toBeLessThan(0.95 * fcfs.ttftSeconds.p99!);
  });
});
