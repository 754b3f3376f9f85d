/**
 * Decode steps of real models on the adapter at hand, two steps in flight as an engine has them. Tokens a second, and
 * the share of a step that the host spends in `execute` before it returns: packing, encoding, submitting.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { type NodeGpu, openNodeGpu } from "../../../src/cli/webgpu-node.ts";
import type { Model } from "../../../src/model.ts";
import { builtinModelFolder, loadModel } from "../../../src/models/node.ts";
import { PlanDriver, type Sequence } from "../../../src/testing/index.ts";
import type { BenchRow } from "../../bench.ts";

const STEPS = 100;
/** Contexts grow from here to here plus STEPS: attention over 160 positions on average. */
const PROMPT_TOKENS = 110;
const BATCHES = [1, 8];
const AIMS: Readonly<Record<number, string>> = { 1: "> 60 tok/s", 8: "> 150 tok/s" };
/** ONNX Runtime's WebGPU provider with babyllama105 on SwiftShader. */
const OTHERS: Readonly<Record<number, string>> = { 1: "ONNX Runtime 6.2 tok/s", 8: "ONNX Runtime 15.9 tok/s" };

const babyllama = fileURLToPath(new URL("../../../../shared/models/babyllama105-hf", import.meta.url));

export default async function (): Promise<BenchRow[]> {
  const node = await openNodeGpu();
  const rows: BenchRow[] = [];
  for (const [name, folder] of [
    ["built-in model", builtinModelFolder()],
    ["babyllama105", babyllama],
  ]) {
    if (!existsSync(folder)) continue;
    const { model } = await loadModel(folder);
    for (const batch of BATCHES) rows.push(await measure(node, name, model, batch));
  }
  return rows;
}

async function measure({ gpu }: NodeGpu, name: string, model: Model, batch: number): Promise<BenchRow> {
  const backend = await createWebGPUBackend({
    model,
    gpu,
    blockCount: 16 * batch,
    blockSize: 16,
    maxTokens: 1024,
    maxRequests: batch,
  });
  const driver = new PlanDriver(backend);
  const sequences = Array.from({ length: batch }, (_, i) =>
    driver.start(Array.from({ length: PROMPT_TOKENS }, (__, j) => 3 + ((i * 7 + j * 5) % 90))),
  );
  await driver.step(sequences.map((sequence) => ({ sequence })));
  let hostMilliseconds = 0;
  const execute = backend.execute.bind(backend);
  backend.execute = (plan) => {
    const start = performance.now();
    const result = execute(plan);
    hostMilliseconds += performance.now() - start;
    return result;
  };
  const steps = await decode(driver, sequences);
  await backend.dispose();
  const seconds = (quantile: number): number => steps[Math.floor(quantile * (steps.length - 1))] / 1000;
  const total = steps.reduce((sum, step) => sum + step, 0);
  return {
    name: `webgpu decode, a step of ${batch}, ${name}`,
    medianSeconds: seconds(0.5),
    p99Seconds: seconds(0.99),
    samples: steps.length,
    aim: AIMS[batch],
    reference: name === "babyllama105" ? OTHERS[batch] : undefined,
    note: `${(batch / seconds(0.5)).toFixed(0)} tok/s, ${((100 * hostMilliseconds) / total).toFixed(1)}% on the host`,
  };
}

/** Milliseconds of each step, ascending. */
async function decode(driver: PlanDriver, sequences: readonly Sequence[]): Promise<number[]> {
  const shares = sequences.map((sequence) => ({ sequence }));
  const milliseconds: number[] = [];
  let ahead = driver.issue(shares);
  let before = performance.now();
  for (let step = 0; step < STEPS; step++) {
    const next = driver.issue(shares);
    await ahead.done;
    ahead = next;
    const now = performance.now();
    milliseconds.push(now - before);
    before = now;
  }
  await ahead.done;
  return milliseconds.toSorted((a, b) => a - b);
}
