/** What fitting costs, and the B* that the policy finds on the reference backend against a sweep of as many samples as one likes. */
import type { Backend } from "../../../src/backends/backend.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { measured } from "../../../src/policies/budget/measured.ts";
import { fitStepTime } from "../../../src/policies/budget/step-time-fit.ts";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import { randomModel } from "../../../src/testing/index.ts";
import type { BenchRow, Suite } from "../../bench.ts";

const MAX_TOKENS = 64;
const SIZES = { blockCount: 64, blockSize: 16, maxTokens: MAX_TOKENS, maxRequests: 1 };
const MODEL = randomModel(1, { vocabSize: 512, hiddenSize: 64, intermediateSize: 176, layerCount: 2, headCount: 4, kvHeadCount: 2, headDim: 16, contextLength: 512 });
/** Steps of each size in the sweep, of which the fastest counts. */
const SWEEP = 9;

export default async function (suite: Suite): Promise<BenchRow[]> {
  const tokens = Array.from({ length: 160 }, (_, i) => 1 + ((i * 37) % 512));
  const times = tokens.map((n, i) => Math.hypot(10, 0.1 * n) * (1 + 0.05 * Math.sin(i * i)));
  suite.add("fit of 160 step times, once in 128 steps", () => fitStepTime(tokens, times));
  const full = measured({ maxTokens: 512 });
  let step = 0;
  suite.add("observe, fits included", () => full.observe(tokens[step % 160], times[step++ % 160]), { aim: "< 5 µs" });
  return [await foundAndSwept()];
}

async function foundAndSwept(): Promise<BenchRow> {
  const backend = createReferenceBackend({ model: MODEL, ...SIZES });
  const budget = measured({ maxTokens: MAX_TOKENS });
  await stepSeconds(backend, MAX_TOKENS);
  for (const size of budget.sizes) for (let i = 0; i < budget.stepsPerSize; i++) budget.observe(size, await stepSeconds(backend, size));
  const sizes = Array.from({ length: MAX_TOKENS }, (_, i) => i + 1);
  const fastest: number[] = [];
  for (const size of sizes) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < SWEEP; i++) least = Math.min(least, await stepSeconds(backend, size));
    fastest.push(least);
  }
  await backend.dispose();
  const { bStar, low, high } = budget.fit!;
  const swept = fitStepTime(sizes, fastest)!;
  return { name: "B* of the reference backend, by the policy", note: `${bStar.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}); sweep ${swept.bStar.toFixed(2)}` };
}

/** Seconds of a step with the prompt of one request. */
async function stepSeconds(backend: Backend, tokens: number): Promise<number> {
  const scheduler = new Scheduler({ ...SIZES, tokenBudget: tokens });
  scheduler.submit({ id: 0, promptTokenIds: new Int32Array(tokens).fill(7), maxTokens: 1 }, 0);
  const plan = scheduler.schedule(0)!;
  const start = performance.now();
  await backend.execute(plan);
  return (performance.now() - start) / 1000;
}
