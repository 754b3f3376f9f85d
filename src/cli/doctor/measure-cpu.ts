import { createCpuBackend } from "../../backends/cpu/index.ts";
import { Engine } from "../../engine/engine.ts";
import { oneLine } from "../failure.ts";
import { openModel, thenClose } from "../model-source.ts";

/** What the CPU backend does on this machine, or why it cannot run. */
export type CpuMeasure =
  | { readonly name: string; readonly tokensPerSecond: number; readonly copyBytesPerSecond: number }
  | { readonly problem: string };

/** Tokens of the measured answer: a step of the built-in model takes about a millisecond. */
const TOKENS = 96;

/** Far beyond what a processor caches. */
const COPIED_BYTES = 2 ** 26;

/** Runs the built-in model for a moment, and copies memory. */
export async function measureCpu(): Promise<CpuMeasure> {
  try {
    const loaded = await openModel("builtin");
    const backend = await thenClose(
      loaded,
      createCpuBackend({ model: loaded.model, blockCount: 16, blockSize: 16, maxTokens: 64, maxRequests: 1 }),
    );
    await using engine = new Engine({ backend });
    const run = (maxTokens: number): Promise<unknown> =>
      engine.submit({ promptTokenIds: [1, 2, 3, 4], maxTokens, ignoreStopTokenIds: true }).completion();
    await run(TOKENS / 2);
    const seconds = await secondsOf(() => run(TOKENS));
    return { name: backend.info.name, tokensPerSecond: TOKENS / seconds, copyBytesPerSecond: await copySpeed() };
  } catch (error) {
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** Bytes read and written a second by one thread that copies memory: what reading weights can reach at best. */
async function copySpeed(): Promise<number> {
  const [source, target] = [new Uint8Array(COPIED_BYTES).fill(1), new Uint8Array(COPIED_BYTES)];
  target.set(source);
  return (2 * COPIED_BYTES) / (await secondsOf(() => target.set(source)));
}

async function secondsOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
