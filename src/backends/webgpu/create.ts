import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import { type DecoderConfig, layerGroups } from "../../decoder.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { createActivations, tileRows } from "./activations.ts";
import { angleStride, fillAngles } from "./angles.ts";
import { WebGPUBackend } from "./backend.ts";
import { BlockTransfer } from "./block-transfer.ts";
import { Buffers, STORAGE } from "./buffers.ts";
import { columnCapacity } from "./columns.ts";
import { type AcquiredDevice, adapterName, isSoftware, requestDevice } from "./device.ts";
import { partsOf } from "./attention-block.ts";
import { type DeviceWeights, uploadModel } from "./device-weights.ts";
import { prepareForward } from "./forward.ts";
import { HostTier } from "./host-tier.ts";
import { GPU_VARIANTS, SOFTWARE_VARIANTS, type Variants } from "./kernels/variants.ts";
import { KvStorage, kvBytesPerBlock, kvParts } from "./kv-storage.ts";
import { Launcher } from "./launcher.ts";
import { type ResolvedOptions, type WebGPUBackendOptions, resolveOptions } from "./options.ts";
import { pipelinesOf } from "./pipelines.ts";
import { Program } from "./program.ts";
import { Readback } from "./readback.ts";
import { Runner } from "./runner.ts";
import { prepareSampler, resultWords } from "./sampler.ts";
import { Turns } from "./turns.ts";
import { probeExactness } from "./exactness.ts";
import { createSplitAttention } from "./split-attention.ts";
import { shapeOf, VECTOR_BYTES } from "./shape.ts";

/**
 * A backend on a WebGPU device: weights are uploaded and every kernel compiled when the promise resolves.
 *
 * Rejects with `InvalidOptionError`, `UnsupportedModelError`, `DeviceUnavailableError` (no adapter: says what to
 * install), `DeviceLimitError` (which limit, what it is, what was needed) or `OutOfMemoryError` (bytes asked for).
 */
export async function createWebGPUBackend(options: WebGPUBackendOptions): Promise<Backend> {
  const resolved = resolveOptions(options);
  const { device, adapter, gpu } = options;
  const acquired = await requestDevice({ device, adapter, gpu }, { bindingBytes: largestBinding(resolved) });
  const buffers = new Buffers(acquired.device);
  const { maxStorageBufferBindingSize, maxBufferSize } = acquired.device.limits;
  const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize, options.bindingBytes ?? Number.POSITIVE_INFINITY);
  try {
    return await build(resolved, acquired, buffers, limit);
  } catch (error) {
    buffers.destroy();
    if (acquired.owned) acquired.device.destroy();
    throw error;
  }
}

/** Bytes of the largest binding that a backend would have if none had to be split. */
function largestBinding({ model, blockSize, blockCount, maxTokens, keepLogits, kv }: ResolvedOptions): number {
  const { config } = model;
  const shape = shapeOf(config);
  const experts = 2 * shape.hidden * shape.expertIntermediate * (config.experts?.count ?? 0);
  const matrices =
    4 * VECTOR_BYTES * Math.max(shape.hidden * shape.vocabulary, 2 * shape.hidden * shape.intermediate, experts);
  const logits = tileRows(shape, maxTokens, keepLogits, Number.POSITIVE_INFINITY) * shape.vocabulary * VECTOR_BYTES;
  return Math.max(matrices, logits, (blockCount + 1) * kvBytesPerBlock({ config, blockSize, type: kv }));
}

async function build(
  options: ResolvedOptions,
  acquired: AcquiredDevice,
  buffers: Buffers,
  bindingBytes: number,
): Promise<Backend> {
  const { model, hostBlockCount, maxTokens, keepLogits } = options;
  const { device, owned, source } = acquired;
  const { config } = model;
  const shape = shapeOf(config);
  const variants = options.variants ?? (isSoftware(acquired.info) ? SOFTWARE_VARIANTS : GPU_VARIANTS);
  const info = infoOf(options, acquired);
  const tile = tileRows(shape, maxTokens, keepLogits, bindingBytes);
  const allocated = allocate(options, buffers, { info, tile, bindingBytes, variants });
  const { kv, activations, columns, results, positions, split } = allocated;
  const sizes = { maxSamples: maxTokens, vocabSize: config.vocabSize, shape, keepLogits };
  const readbacks = Array.from({ length: MAX_PLANS_IN_FLIGHT }, () => new Readback(buffers, sizes));
  await buffers.settled(); // what the caller's sizes decide, before weights are read
  const weights = await uploadModel(buffers, model, (number) => partsOf(config, kv.parts, number), bindingBytes);
  await buffers.settled(); // all memory, before kernels are compiled
  const program = await prepareProgram(options, { ...allocated, device, buffers, weights, variants, tile });
  const { logits } = activations;
  const rowBytes = shape.vocabulary * VECTOR_BYTES;
  const mostTokens = split?.mostRows ?? maxTokens;
  const probed = await probeExactness({ device, info, program, positions, mostTokens, columns, logits, rowBytes });
  if (probed !== null && options.exact) program.keep(probed);
  const host = new HostTier(device, kv, hostBlockCount);
  const turns = new Turns();
  const runner = new Runner({ device, info, positions, program, kv, host, turns, columns, results, logits, readbacks });
  return new WebGPUBackend({
    info: { ...info, ...(probed && { bitExact: isBitExact(probed, options.exact) }) },
    device,
    owned,
    buffers,
    runner,
    turns,
    transfer: new BlockTransfer(device, kv),
    source,
  });
}

/** What a program is made of, beside the options. */
interface ProgramParts extends ReturnType<typeof allocate> {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly weights: DeviceWeights;
  readonly variants: Variants;
  readonly tile: number;
}

/** Compiles every kernel and binds its buffers. */
async function prepareProgram(
  { model: { config }, maxTokens, blockSize, kv: kvType }: ResolvedOptions,
  parts: ProgramParts,
): Promise<Program> {
  const { device, buffers, columns, variants, tile, activations } = parts;
  const pipelines = pipelinesOf(device);
  const shared = { ...parts, pipelines, tileCount: Math.ceil(maxTokens / tile) };
  const launcher = new Launcher({ device, buffers, pipelines, config, columns, variants });
  const forward = await prepareForward({ ...shared, launcher, config, kvType, blockSize });
  const sampler = await prepareSampler({
    ...shared,
    shape: shapeOf(config),
    vocabSize: config.vocabSize,
    maxSamples: maxTokens,
    logits: activations.logits,
    edited: activations.edited,
  });
  const mostRows = variants.linear.map((each) => each.mostRows);
  return new Program(forward, sampler, tile, mostRows);
}

/** Every buffer of the backend but the weights, and the angles of the `positions` that the blocks can hold. */
function allocate(
  { model: { config }, blockSize, blockCount, maxTokens, kv: kvType }: ResolvedOptions,
  buffers: Buffers,
  { info, tile, bindingBytes, variants }: { info: BackendInfo; tile: number; bindingBytes: number; variants: Variants },
) {
  const kv = new KvStorage(buffers, kvParts({ config, blockSize, type: kvType }, blockCount, bindingBytes), blockCount);
  const activations = createActivations(buffers, config, kvType, { maxTokens, tile, bindingBytes });
  const columns = buffers.create("the columns of a step", 4 * columnCapacity(info), STORAGE);
  const results = buffers.create("results", 4 * resultWords(maxTokens), STORAGE);
  const positions = Math.min(config.contextLength, blockCount * blockSize);
  const split = createSplitAttention(buffers, shapeOf(config), variants, { positions, maxTokens, bindingBytes });
  const angles = uploadAngles(buffers, config, positions);
  return { kv, activations, columns, results, positions, split, angles };
}

/** Classes that differ from the first one are not run where exactness is asked for. */
function isBitExact(probed: readonly boolean[], exact: boolean): boolean {
  return exact ? probed[0] : probed.every(Boolean);
}

function infoOf(options: ResolvedOptions, { info }: AcquiredDevice): BackendInfo {
  const { model, blockSize, blockCount, hostBlockCount, maxTokens, maxRequests } = options;
  const { contextLength, vocabSize } = model.config;
  const bytesPerBlock = kvBytesPerBlock({ config: model.config, blockSize, type: options.kv });
  const limits = {
    blockCount,
    hostBlockCount,
    blockSize,
    maxTokens,
    maxRequests,
    contextLength,
    vocabSize,
    bytesPerBlock,
  };
  return {
    name: `webgpu (${adapterName(info)})`,
    ...limits,
    groups: layerGroups(model.config).map(({ window }) => ({ window })),
  };
}

/** A table for each rotary embedding; one of zeros where no layer has any, as kernels bind one. */
function uploadAngles(buffers: Buffers, { ropes, headDim }: DecoderConfig, positions: number): GPUBuffer[] {
  if (ropes.length === 0) return [buffers.create("no rotary angles", VECTOR_BYTES, STORAGE)];
  return ropes.map((rope) => {
    const fill = (target: ArrayBuffer): void => fillAngles(new Float32Array(target), rope, headDim, positions);
    return buffers.createFilled("rotary angles", 4 * positions * angleStride(headDim), STORAGE, fill);
  });
}
