import { layerGroups } from "../../decoder.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { nextTurn } from "../next-turn.ts";
import { Arena } from "./arena.ts";
import { CpuBackend } from "./backend.ts";
import { BlockStore } from "./block-store.ts";
import { StepColumns } from "./columns.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import { InlinePool } from "./inline-pool.ts";
import { type Kernels, compileKernels, openKernels } from "./kernels.ts";
import { type CpuBackendOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Placement } from "./placement.ts";
import { type StepPool, ThreadPool } from "./pool.ts";
import { canShareMemory, coreCount } from "./spawn.ts";
import { ThreadChoice } from "./thread-choice.ts";

/**
 * A backend on this machine's processor: WebAssembly with 128-bit vectors, the same bits on every machine. Weights are
 * packed and threads wait when the promise resolves.
 *
 * Rejects with `InvalidOptionError`, `UnsupportedModelError`, `InvalidModelError`, `DeviceLimitError` (model and blocks
 * need more than
 * WebAssembly's 4 GiB), `OutOfMemoryError` or `DeviceUnavailableError` (threads cannot be started).
 */
export async function createCpuBackend(options: CpuBackendOptions): Promise<Backend> {
  const resolved = resolveOptions(options, canShareMemory() ? coreCount() : 0);
  const { threads, keepLogits } = resolved;
  const geometry = geometryOf(resolved);
  const info = infoOf(resolved, geometry);
  const arena = new Arena();
  const sizes = { info, attentionTokens: geometry.attentionTokens, keepLogits };
  const columns = [new StepColumns(arena, sizes), new StepColumns(arena, sizes)] as const;
  const placement = new Placement(arena, resolved, geometry);
  const memory = arena.open();
  const kernels = await openKernels(memory);
  placement.write(memory.buffer, kernels);
  await placement.weights.fill(memory, kernels, nextTurn);
  for (const each of columns) each.open(memory.buffer);
  const { promise: lost, resolve: onLost } = withResolver();
  const pool = await openPool(memory, kernels, placement, threads, onLost);
  const blocks = new BlockStore(memory.buffer, placement.deviceBlocks, geometry.blockBytes, resolved.blockCount);
  return new CpuBackend({
    info,
    pool,
    columns,
    blocks,
    lost,
    threads: new ThreadChoice(pool.size, () => performance.now() / 1000),
  });
}

async function openPool(
  memory: WebAssembly.Memory,
  kernels: Kernels,
  placement: Placement,
  threads: number,
  onLost: (reason: string) => void,
): Promise<StepPool> {
  if (threads === 0) return new InlinePool(kernels, placement.model);
  return ThreadPool.open(memory, await compileKernels(), placement, threads, onLost);
}

function infoOf(options: ResolvedOptions, { blockBytes }: Geometry): BackendInfo {
  const { model, blockCount, hostBlockCount, blockSize, maxTokens, maxRequests, threads } = options;
  const { contextLength, vocabSize } = model.config;
  return {
    name: threads <= 1 ? "cpu (1 thread)" : `cpu (${threads} threads)`,
    blockCount,
    hostBlockCount,
    blockSize,
    maxTokens,
    maxRequests,
    contextLength,
    vocabSize,
    bytesPerBlock: blockBytes,
    groups: layerGroups(model.config).map(({ window }) => ({ window })),
  };
}

function withResolver(): { readonly promise: Promise<string>; readonly resolve: (reason: string) => void } {
  let resolve!: (reason: string) => void;
  const promise = new Promise<string>((settle) => (resolve = settle));
  return { promise, resolve };
}
