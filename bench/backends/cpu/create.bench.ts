/**
 * The CPU backend beside llama.cpp on the same GGUF file, steps by turns: decode and prefill of a 135M shape, and 16
 * users at once. Needs node-llama-cpp, which is no dependency: `npm install --no-save --ignore-scripts node-llama-cpp`,
 * or BSTAR_PEERS names the folder that has it in its node_modules. Without it there are no rows.
 */
import { availableParallelism, loadavg } from "node:os";
import { createCpuBackend } from "../../../src/backends/cpu/index.ts";
import { plainDecoder } from "../../../src/decoder.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type { Model } from "../../../src/model.ts";
import { PlanDriver } from "../../../src/testing/index.ts";
import { filledModel } from "../../../src/cli/doctor/filled-model.ts";
import type { BenchRow } from "../../bench.ts";
import { type LlamaCpp, type LlamaModel, loadLlamaCpp, withGgufFile } from "../../support/llama-cpp.ts";

const CONFIG = plainDecoder(30, {
  vocabSize: 49_152,
  hiddenSize: 576,
  intermediateSize: 1536,
  headCount: 9,
  kvHeadCount: 3,
  headDim: 64,
  contextLength: 2048,
  tiedEmbeddings: true,
});
const PROMPT = Array.from({ length: 512 }, (_, i) => 300 + ((i * 7) % 900));
const DECODES = 40;
const PREFILLS = 3;
const USERS = 16;
const NEW_TOKENS = 64;

export default async function (): Promise<readonly BenchRow[]> {
  const peer = await loadLlamaCpp();
  if (peer === null) return [{ name: "cpu beside llama.cpp", note: "node-llama-cpp is not there" }];
  const rows: BenchRow[] = [];
  for (const dtype of ["Q8_0", "Q4_0"] as const) {
    const model = filledModel(CONFIG, dtype);
    await withPeerModel(peer, model, async (other) => {
      for (const threads of new Set([1, availableParallelism()])) {
        rows.push(...(await compareSteps(`135M shape, ${dtype}, ${threads} thread(s)`, model, other, threads)));
      }
      if (dtype === "Q8_0") rows.push(await compareUsers(model, other));
    });
  }
  return rows;
}

/** Writes the model's file, opens it with llama.cpp on the CPU, and closes it. */
async function withPeerModel(peer: LlamaCpp, model: Model, use: (other: LlamaModel) => Promise<void>): Promise<void> {
  await withGgufFile(model, async (modelPath) => {
    const llama = await peer.getLlama({ gpu: false, build: "never", logLevel: "error" });
    const other = await llama.loadModel({ modelPath });
    await use(other);
    await other.dispose();
  });
}

/** Decode behind a short prompt, and prefill of 512 tokens, by turns. */
async function compareSteps(name: string, model: Model, other: LlamaModel, threads: number): Promise<BenchRow[]> {
  const backend = await createCpuBackend({
    model,
    threads,
    blockCount: 64,
    blockSize: 16,
    maxTokens: 512,
    maxRequests: 2,
  });
  const context = await other.createContext({ contextSize: 1024, batchSize: 512, threads });
  const sequence = context.getSequence();
  const driver = new PlanDriver(backend);
  const own = driver.start(PROMPT.slice(0, 8));
  await driver.step([{ sequence: own }]);
  await sequence.controlledEvaluate(PROMPT.slice(0, 8));
  const decode = await byTurns(
    DECODES,
    () => driver.step([{ sequence: own }]),
    () => sequence.controlledEvaluate([[5, { generateNext: { token: true, options: { temperature: 0 } } }]]),
  );
  driver.finish(own);
  const prefill = await byTurns(
    PREFILLS,
    async () => {
      const whole = driver.start(PROMPT);
      await driver.step([{ sequence: whole }]);
      driver.finish(whole);
    },
    async () => {
      await sequence.clearHistory();
      await sequence.controlledEvaluate(PROMPT);
    },
  );
  await context.dispose();
  await backend.dispose();
  return [
    rowOf(`decode, ${name}`, decode, model.embedding.dtype === "Q8_0" ? ">= 0.8x" : ">= 0.6x"),
    rowOf(`prefill of 512, ${name}`, prefill, ">= 0.5x"),
  ];
}

/** Seconds by the clock and of the processor, of each side. */
interface Turns {
  readonly wall: readonly [own: number, other: number];
  readonly cpu: readonly [own: number, other: number];
}

async function byTurns(samples: number, own: () => Promise<unknown>, other: () => Promise<unknown>): Promise<Turns> {
  const times = [own, other].map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (let i = 0; i <= samples; i++) {
    for (const [side, run] of [own, other].entries()) {
      const [began, before] = [performance.now(), process.cpuUsage()];
      await run();
      const { user, system } = process.cpuUsage(before);
      if (i === 0) continue;
      times[side].wall.push((performance.now() - began) / 1000);
      times[side].cpu.push((user + system) / 1e6);
    }
  }
  const [mine, theirs] = times;
  return { wall: [median(mine.wall), median(theirs.wall)], cpu: [median(mine.cpu), median(theirs.cpu)] };
}

function rowOf(name: string, { wall, cpu }: Turns, aim: string): BenchRow {
  const [time, processor] = [wall[1] / wall[0], cpu[1] / cpu[0]].map((ratio) => `${ratio.toFixed(2)}x`);
  return {
    name,
    medianSeconds: wall[0],
    aim,
    reference: `llama.cpp ${(wall[1] * 1000).toFixed(1)} ms`,
    note: `${time} of llama.cpp's speed, ${processor} by processor time; load ${loadavg()[0].toFixed(0)}`,
  };
}

/** 16 prompts of 512 tokens that begin alike, 64 tokens each, on all cores: the engine, then automatic batching. */
async function compareUsers(model: Model, other: LlamaModel): Promise<BenchRow> {
  const prompts = Array.from({ length: USERS }, (_, user) => [...PROMPT, 300 + user]);
  const backend = await createCpuBackend({ model, blockCount: 256, blockSize: 16, maxTokens: 512, maxRequests: USERS });
  await using engine = new Engine({ backend });
  const own = await secondsOf(prompts, (promptTokenIds) =>
    engine.submit({ promptTokenIds, maxTokens: NEW_TOKENS, ignoreStopTokenIds: true }).completion(),
  );
  const context = await other.createContext({ contextSize: 640, sequences: USERS, batchSize: 512 });
  const theirs = await secondsOf(prompts, async (ids) => {
    let count = 0;
    const tokens = context.getSequence().evaluate(ids, { temperature: 0, yieldEogToken: true });
    for await (const _ of tokens) if (++count === NEW_TOKENS) break;
  });
  await context.dispose();
  const total = USERS * NEW_TOKENS;
  return {
    name: `16 users, a shared prompt of 512, 64 tokens each, ${backend.info.name}`,
    medianSeconds: own,
    samples: 1,
    aim: ">= 3x",
    reference: `llama.cpp ${(total / theirs).toFixed(0)} tok/s in all`,
    note: `${(total / own).toFixed(0)} tok/s in all, ${(theirs / own).toFixed(1)}x; load ${loadavg()[0].toFixed(0)}`,
  };
}

async function secondsOf(prompts: readonly number[][], run: (ids: number[]) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await Promise.all(prompts.map(run));
  return (performance.now() - began) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
