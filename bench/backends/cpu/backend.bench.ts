/**
 * The CPU backend on models of real shapes: decode and prefill with one thread and with all, the share of the machine's
 * copy bandwidth, users that share a prompt, and the event loop's longest pause; small models beside WebGPU on
 * SwiftShader, where that is installed.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createCpuBackend } from "../../../src/backends/cpu/index.ts";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import type { Backend } from "../../../src/backends/backend.ts";
import { openNodeGpu } from "../../../src/cli/webgpu-node.ts";
import { plainDecoder } from "../../../src/decoder.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type { Model, Tensor } from "../../../src/model.ts";
import { loadModel } from "../../../src/models/node.ts";
import { PlanDriver } from "../../../src/testing/index.ts";
import { filledModel } from "../../../src/cli/doctor/filled-model.ts";
import type { BenchRow } from "../../bench.ts";

const SMALL = {
  vocabSize: 49_152,
  hiddenSize: 576,
  intermediateSize: 1536,
  headCount: 9,
  kvHeadCount: 3,
  headDim: 64,
  contextLength: 2048,
  tiedEmbeddings: true,
};
const LARGE = {
  ...SMALL,
  vocabSize: 32_000,
  hiddenSize: 2048,
  intermediateSize: 5632,
  headCount: 32,
  kvHeadCount: 4,
};
const DECODES = 20;
const IDLE_MILLISECONDS = 2000;
const THREADS = [1, undefined];

export default async function (): Promise<BenchRow[]> {
  const rows = await besideSwiftShader();
  for (const dtype of ["Q8_0", "Q4_0"] as const) {
    const model = filledModel(plainDecoder(30, SMALL), dtype);
    for (const threads of THREADS) rows.push(...(await measure(`135M shape, ${dtype}`, model, threads)));
  }
  rows.push(...(await sharedPrompt(filledModel(plainDecoder(30, SMALL), "Q8_0"))));
  rows.push(await bandwidth(filledModel(plainDecoder(22, LARGE), "Q8_0")));
  return rows;
}

/** Decode and prefill, and what they cost the event loop. */
async function measure(name: string, model: Model, threads: number | undefined): Promise<BenchRow[]> {
  const backend = await createCpuBackend({
    model,
    blockCount: 128,
    blockSize: 16,
    maxTokens: 512,
    maxRequests: 32,
    threads,
  });
  const idle = await longestPause(() => new Promise((resolve) => setTimeout(resolve, IDLE_MILLISECONDS)));
  const [decode, prefill] = [await decodeSeconds(backend, 1), await prefillSeconds(backend, 512)];
  const pause = await longestPause(() => prefillSeconds(backend, 512));
  const own = await ownSeconds(backend);
  const { name: device } = backend.info;
  await backend.dispose();
  return [
    { name: `decode, ${name}, ${device}`, medianSeconds: decode, note: `${(1 / decode).toFixed(1)} tok/s` },
    {
      name: `prefill of 512, ${name}, ${device}`,
      medianSeconds: prefill,
      note:
        `${(512 / prefill).toFixed(0)} tok/s; the event loop's longest pause ${pause.toFixed(1)} ms, of an idle loop ` +
        `${idle.toFixed(1)} ms; the calling thread computes for ${(own * 1000).toFixed(2)} ms a step at most`,
      aim: "pause <= 5 ms",
    },
  ];
}

/** Milliseconds that the event loop waited at most while `run` did. */
async function longestPause(run: () => Promise<unknown>): Promise<number> {
  const pause = monitorEventLoopDelay({ resolution: 1 });
  pause.enable();
  await run();
  pause.disable();
  return pause.max / 1e6;
}

/** Most processor time that a decode takes of the thread that asked for it: planning, packing, and the result. */
async function ownSeconds(backend: Backend): Promise<number> {
  const driver = new PlanDriver(backend);
  const sequence = driver.start([1, 2, 3, 4]);
  let most = 0;
  for (let i = 0; i < DECODES; i++) {
    const before = process.threadCpuUsage();
    await driver.step([{ sequence }]);
    const { user, system } = process.threadCpuUsage(before);
    most = Math.max(most, (user + system) / 1e6);
  }
  driver.finish(sequence);
  return most;
}

/** Seconds of a step that decodes `batch` sequences. */
async function decodeSeconds(backend: Backend, batch: number): Promise<number> {
  const driver = new PlanDriver(backend);
  const sequences = Array.from({ length: batch }, (_, i) => driver.start([1, 2, 3, 4 + i]));
  const shares = sequences.map((sequence) => ({ sequence }));
  await driver.step(shares);
  const seconds = await medianSeconds(DECODES, () => driver.step(shares));
  for (const sequence of sequences) driver.finish(sequence);
  return seconds;
}

function prefillSeconds(backend: Backend, length: number): Promise<number> {
  const driver = new PlanDriver(backend);
  return medianSeconds(3, async () => {
    const sequence = driver.start(Array.from({ length }, (_, i) => 3 + (i % 90)));
    await driver.step([{ sequence }]);
    driver.finish(sequence);
  });
}

/** 16 users at once, a prompt of 512 tokens that they share, 64 tokens each. */
async function sharedPrompt(model: Model): Promise<BenchRow[]> {
  const backend = await createCpuBackend({ model, blockCount: 256, blockSize: 16, maxTokens: 512, maxRequests: 16 });
  await using engine = new Engine({ backend });
  const prompt = Array.from({ length: 512 }, (_, i) => 3 + ((i * 7) % 900));
  const start = performance.now();
  const users = Array.from({ length: 16 }, (_, i) =>
    engine.submit({ promptTokenIds: [...prompt, 5 + i], maxTokens: 64, ignoreStopTokenIds: true }),
  );
  await Promise.all(users.map((user) => user.completion()));
  const seconds = (performance.now() - start) / 1000;
  return [
    {
      name: `16 users, a shared prompt of 512, 64 tokens each, ${backend.info.name}`,
      medianSeconds: seconds,
      note: `${((16 * 64) / seconds).toFixed(0)} tok/s in all`,
    },
  ];
}

/** Bytes of weights read a second in decode, beside a copy of memory in the same run. */
async function bandwidth(model: Model): Promise<BenchRow> {
  const backend = await createCpuBackend({ model, blockCount: 32, blockSize: 16, maxTokens: 32, maxRequests: 1 });
  const decode = await decodeSeconds(backend, 1);
  await backend.dispose();
  const [source, target] = [new Uint8Array(2 ** 28).fill(1), new Uint8Array(2 ** 28)];
  const copy = (2 * source.length) / (await medianSeconds(5, async () => target.set(source)));
  const layer = Object.values(model.layers[0]).filter((tensor): tensor is Tensor => tensor !== null);
  const bytes =
    model.layers.length * layer.reduce((sum, tensor) => sum + tensor.bytes.length, 0) + model.head.bytes.length;
  const share = bytes / decode / copy;
  return {
    name: "decode, 1.1B shape, Q8_0: share of copy bandwidth",
    medianSeconds: decode,
    note: `${(bytes / decode / 1e9).toFixed(1)} of ${(copy / 1e9).toFixed(1)} GB/s = ${share.toFixed(2)}`,
    aim: ">= 0.6",
  };
}

/** Steps of the built-in model on both, in turn. */
async function besideSwiftShader(): Promise<BenchRow[]> {
  const { model } = await loadModel("builtin");
  const sizes = { model, blockCount: 128, blockSize: 16, maxTokens: 128, maxRequests: 32 };
  const cpu = await createCpuBackend(sizes);
  const gpu = await openNodeGpu().then(
    ({ gpu: found }) => createWebGPUBackend({ ...sizes, gpu: found }),
    () => null,
  );
  const rows: BenchRow[] = [];
  for (const batch of [1, 8, 32]) {
    const own = await decodeSeconds(cpu, batch);
    const other = gpu === null ? null : await decodeSeconds(gpu, batch);
    const beside = other === null ? "" : `, ${(other / own).toFixed(1)}x WebGPU on ${gpu!.info.name}`;
    rows.push({
      name: `decode, a step of ${batch}, built-in model, ${cpu.info.name}`,
      medianSeconds: own,
      aim: ">= 10x SwiftShader",
      note: `${(batch / own).toFixed(0)} tok/s${beside}`,
    });
  }
  await cpu.dispose();
  await gpu?.dispose();
  return rows;
}

async function medianSeconds(samples: number, run: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds.toSorted((a, b) => a - b)[Math.floor(samples / 2)];
}
