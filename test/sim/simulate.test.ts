import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { type SimulateOptions, simulate, type SimulationRun } from "../../src/sim/simulate.ts";
import { namedPolicies, type PolicyNames } from "../../src/sim/named-policies.ts";
import { openTrace } from "../../src/sim/traces/trace-file.ts";
import { poisson } from "../../src/sim/workloads/open.ts";
import { sharedPrefix } from "../../src/sim/workloads/shared-prefix.ts";

const A100 = gpuNamed("a100-80gb");
const LLAMA = modelNamed("llama-2-7b");
const small = (options: Partial<SimulateOptions> = {}) => simulate({ gpu: A100, shape: LLAMA, workload: poisson({ rate: 4, seed: 5 }), maxArrivals: 60, ...options });

describe("a run", () => {
  test("is summarized under stable keys", async () => {
    const { summary } = await small();
    const distribution = ["mean", "p50", "p90", "p99", "max"];
    expect(Object.keys(summary)).toEqual([
      "requests", "durationSeconds", "throughput", "ttftSeconds", "itlSeconds", "tpotSeconds", "e2eSeconds", "queueSeconds", "steps", "kv", "bStar", "loopSeconds", "cost",
    ]);
    expect(Object.keys(summary.requests)).toEqual(["submitted", "completed", "rejected", "clipped", "dropped"]);
    expect(Object.keys(summary.throughput)).toEqual(["requestsPerSecond", "outputTokensPerSecond", "totalTokensPerSecond"]);
    for (const key of ["ttftSeconds", "itlSeconds", "tpotSeconds", "e2eSeconds", "queueSeconds"] as const) expect(Object.keys(summary[key])).toEqual(distribution);
    expect(Object.keys(summary.steps)).toEqual(["count", "meanTokens", "meanRequests", "meanSeconds"]);
    expect(Object.keys(summary.kv)).toEqual(["blockCount", "meanUse", "peakUse", "preemptions", "recomputedTokens", "prefixHitTokens", "prefixHitRate"]);
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
    expect(cost.dollarsPerMillionOutputTokens).toBeCloseTo(2 / 3600 / throughput.outputTokensPerSecond * 1e6, 6);
    expect(kv.meanUse).toBeLessThanOrEqual(kv.peakUse);
    expect(kv.peakUse).toBeLessThanOrEqual(1);
    expect(curves.e2eSeconds).toHaveLength(101);
    expect(curves.e2eSeconds[50]).toBe(summary.e2eSeconds.p50);
    expect(curves.ttftSeconds.at(-1)).toBe(summary.ttftSeconds.max);
  });

  test("has a timeline that covers it and counts its preemptions", async () => {
    const { summary, timeline } = await small({ blockCount: 300, maxArrivals: 120, workload: poisson({ rate: 20, seed: 5 }) });
    expect(timeline.length).toBeLessThanOrEqual(256);
    expect(timeline.at(-1)!.at).toBeLessThanOrEqual(summary.durationSeconds + 1);
    expect(timeline.reduce((total, point) => total + point.preemptions, 0)).toBe(summary.kv.preemptions);
    expect(summary.kv.preemptions).toBeGreaterThan(0);
    for (const { kvUse } of timeline) expect(kvUse).toBeLessThanOrEqual(1);
  });
});

const truth = fileURLToPath(new URL("../../../shared/groundtruth/", import.meta.url));
const noTruth = !existsSync(truth);

/** vLLM 0.19 on an RTX 4090 with its own number of blocks and limits: 300 requests under memory pressure. */
test.skipIf(noTruth)(`a real run of vLLM is met (skipped where ../shared/groundtruth is absent)`, async () => {
  const rows = readFileSync(`${truth}vllm019_rtx4090_llama31-8b_requests.csv`, "utf8").trim().split("\n").slice(1).map((line) => line.split(",").map(Number));
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
  expect(off(summary.ttftSeconds.mean, mean(([, , , arrival, , , first]) => first - arrival))).toBeLessThan(0.15);
  expect(off(summary.tpotSeconds.mean, mean(([, , outputs, , , , first, last]) => (last - first) / (outputs - 1)))).toBeLessThan(0.05);
  expect(off(summary.e2eSeconds.mean, mean(([, , , arrival, , , , last]) => last - arrival))).toBeLessThan(0.05);
  // Memory was short: that run preempted, and no request several times over.
  expect(summary.kv.preemptions).toBeGreaterThan(30);
  expect(summary.kv.preemptions).toBeLessThan(300);
});

describe("what the literature reports comes out", () => {
  const offered = (options: Partial<SimulateOptions> = {}, names: PolicyNames = {}, tokenBudget = 512): Promise<SimulationRun> => {
    const setup = { gpu: A100, shape: LLAMA, ...options };
    const policies = namedPolicies(names, { ...setup, tokenBudget, cacheTokens: 16_000 });
    return simulate({ workload: poisson({ rate: 40, seed: 1, promptTokens: 400, outputTokens: 100 }), maxArrivals: 300, tokenBudget, policies, ...setup });
  };

  test("grouped queries give Mistral-7B well more throughput than Llama-7B where the cache is the limit", async () => {
    const gpu = gpuNamed("a10");
    const [llama, mistral] = await Promise.all(["llama-7b", "mistral-7b"].map((name) => offered({ gpu, shape: modelNamed(name) })));
    const ratio = mistral.summary.throughput.outputTokensPerSecond / llama.summary.throughput.outputTokensPerSecond;
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(4);
  });

  test("chunks cut the longest waits between tokens against whole prompts, and small chunks cost throughput", async () => {
    const workload = () => poisson({ rate: 3, seed: 1, promptTokens: 1500, outputTokens: 100 });
    const [chunked, whole] = await Promise.all([512, 8192].map((tokens) => offered({ workload: workload(), maxArrivals: 150 }, { chunking: tokens === 8192 ? "none" : "fcfs" }, tokens)));
    expect(chunked.summary.itlSeconds.p99!).toBeLessThan(whole.summary.itlSeconds.p99!);
    const [tiny, usual] = await Promise.all([64, 512].map((tokens) => offered({}, {}, tokens)));
    expect(tiny.summary.throughput.totalTokensPerSecond).toBeLessThan(0.9 * usual.summary.throughput.totalTokensPerSecond);
  });

  test("reserving whole contexts saturates first", async () => {
    const [paged, orca] = await Promise.all(["watermark", "reserve-context"].map((admission) => offered({}, { admission })));
    expect(orca.summary.throughput.outputTokensPerSecond).toBeLessThan(0.85 * paged.summary.throughput.outputTokensPerSecond);
    expect(orca.summary.steps.meanRequests).toBeLessThan(paged.summary.steps.meanRequests);
  });

  test("no-evict never preempts where the watermark does", async () => {
    const options = () => ({ blockCount: 300 });
    const [watermark, noEvict] = await Promise.all(["watermark", "no-evict"].map((admission) => offered(options(), { admission })));
    expect(watermark.summary.kv.preemptions).toBeGreaterThan(0);
    expect(noEvict.summary.kv.preemptions).toBe(0);
    expect(noEvict.summary.requests.completed).toBe(300);
  });

  test("longest prefixes first wins the mean over first come, where families compete for the cache", async () => {
    const options = () => ({ blockCount: 600, workload: sharedPrefix({ rate: 20, seed: 3, families: 16, promptTokens: 64, outputTokens: 32 }), maxArrivals: 400 });
    const [fcfs, lpm] = await Promise.all(["fcfs", "lpm"].map((queue) => offered(options(), { queue })));
    expect(lpm.summary.kv.prefixHitRate).toBeGreaterThan(fcfs.summary.kv.prefixHitRate);
    expect(lpm.summary.ttftSeconds.mean!).toBeLessThan(fcfs.summary.ttftSeconds.mean!);
  });
});
