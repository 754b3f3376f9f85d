import { expect, test } from "vitest";
import type { Settings } from "../../../src/cli/simulate/settings.ts";
import sweepRun from "../../../src/cli/simulate/worker.ts";

const SETTINGS = {
  engine: "bstar",
  workload: "poisson",
  model: "llama-7b",
  gpu: "a100-80gb",
  gpus: 1,
  replicas: 1,
  route: "round-robin",
  rate: 1,
  requests: 5,
  overContext: "clip",
  prefixCache: "on",
  blockSize: 16,
  maxRequests: 8,
  tokenBudget: 512,
  queue: "fcfs",
  admission: "watermark",
  preemption: "last-in",
  chunking: "fcfs",
  budget: "fixed",
  eviction: "lru",
  seed: 1,
} as unknown as Settings;

test("a run's answer bears the run's key", async () => {
  const line = await sweepRun(SETTINGS);
  expect(line).toMatchObject({ result: { requests: { submitted: 5, completed: 5 } } });
  expect((await sweepRun({ ...SETTINGS, seed: 2 })).key).not.toBe(line.key);
});

test("what a run refuses is its answer: other runs go on", async () => {
  expect(await sweepRun({ ...SETTINGS, model: "llama-2-70b", gpu: "t4" })).toMatchObject({
    error: { message: expect.stringContaining("llama-2-70b") },
  });
});
