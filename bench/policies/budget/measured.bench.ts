/**
 * What fitting costs, and the B* that the policy finds on the backends at hand against a sweep with many more steps.
 */
import type { Backend } from "../../../src/backends/backend.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { openNodeGpu } from "../../../src/cli/webgpu-node.ts";
import { builtinModelFolder, loadModel } from "../../../src/models/node.ts";
import { measured } from "../../../src/policies/budget/measured.ts";
import { fitStepTime, type StepTimeFit } from "../../../src/policies/budget/step-time-fit.ts";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import type { BenchRow, Suite } from "../../bench.ts";

const MAX_TOKENS = 128;
const SIZES = { blockCount: 16, blockSize: 16, maxTokens: MAX_TOKENS, maxRequests: 1 };
const SWEPT = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
/** Steps of each size in the sweep. */
const SWEEPS = 11;

export default async function (suite: Suite): Promise<BenchRow[]> {
  const tokens = Array.from({ length: 160 }, (_, i) => 1 + ((i * 37) % 512));
  const times = tokens.map((n, i) => Math.hypot(10, 0.1 * n) * (1 + 0.05 * Math.sin(i * i)));
  suite.add("fit of 160 step times, once in 128 steps", () => fitStepTime(tokens, times));
  const full = measured({ maxTokens: 512 });
  let step = 0;
  suite.add("observe, fits included", () => full.observe(tokens[step % 160], times[step++ % 160]), { aim: "< 5 µs" });
  const { model } = await loadModel(builtinModelFolder());
  const { gpu } = await openNodeGpu();
  return [
    await foundAndSwept("reference", createReferenceBackend({ model, ...SIZES })),
    await foundAndSwept("webgpu", await createWebGPUBackend({ model, gpu, ...SIZES })),
  ];
}

async function foundAndSwept(name: string, backend: Backend): Promise<BenchRow> {
  const budget = measured({ maxTokens: MAX_TOKENS });
  for (const size of budget.sizes) {
    for (let i = 0; i < budget.stepsPerSize; i++) budget.observe(size, await stepSeconds(backend, size));
  }
  const tokens = SWEPT.flatMap((size) => Array.from({ length: SWEEPS }, () => size));
  const times: number[] = [];
  for (const size of tokens) times.push(await stepSeconds(backend, size));
  await backend.dispose();
  return {
    name: `B* of ${name}, built-in model`,
    note: `${describe(budget.fit!)}; by a sweep ${describe(fitStepTime(tokens, times)!)}`,
  };
}

function describe({ bStar, low, high, floor, slope }: StepTimeFit): string {
  const [knee, least, most] = [bStar, low, high].map((each) => each.toPrecision(2));
  return `${knee} tokens (${least} to ${most}), floor ${(1000 * floor).toPrecision(2)} ms, ${(1000 * slope).toPrecision(2)} ms a token`;
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
