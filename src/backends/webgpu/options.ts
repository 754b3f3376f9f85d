import { integerOption } from "../../option-checks.ts";
import { MAX_BLOCK_SIZE, MAX_SLOTS } from "../../config.ts";
import type { DecoderConfig } from "../../decoder.ts";
import { InvalidOptionError, UnsupportedModelError } from "../../errors.ts";
import { KV_TYPES, type KvType } from "../../kv-type.ts";
import type { DeviceSource } from "./device.ts";
import type { AnyModel } from "./device-weights.ts";
import { MAX_HEAD_DIM } from "./kernels/attention.ts";
import type { Variants } from "./kernels/variants.ts";
import { kvBytesPerBlock } from "./kv-storage.ts";

/** Rows of one dispatch: WebGPU's least maximum of workgroups in a dimension. */
const MAX_ROWS = 65_535;

export interface WebGPUBackendOptions extends DeviceSource {
  /** In memory; or with tensors that are read one by one while they are uploaded. */
  readonly model: AnyModel;
  /** Usable blocks; this or `kvBytes`. */
  readonly blockCount?: number;
  /** Device bytes for keys and values: an adapter cannot tell its memory, so the budget is the caller's. */
  readonly kvBytes?: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** Blocks of the host tier. Default 0. */
  readonly hostBlockCount?: number;
  /** How keys and values are stored. Default f32. */
  readonly kv?: KvType;
  /**
   * Return the logits of every sample: `maxTokens * vocabSize` floats more on the device and on the host. Default
   * false.
   */
  readonly keepLogits?: boolean;
  /**
   * Most bytes of one binding, below the device's own limit: weights and keys and values are split to fit. Default the
   * device's limit.
   */
  readonly bindingBytes?: number;
  /**
   * Which variants of the kernels run: a matter of speed, as their bits are the same. Default by the kind of adapter.
   */
  readonly variants?: Variants;
  /**
   * Run kernels only where the probe at creation finds that their bits do not depend on the batch. False: also the
   * others, where they are faster; `info.bitExact` says what was found. Default true.
   */
  readonly exact?: boolean;
}

/** Options with every size filled in and checked. */
export interface ResolvedOptions {
  readonly model: AnyModel;
  readonly kv: KvType;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly hostBlockCount: number;
  readonly keepLogits: boolean;
  readonly variants: Variants | null;
  readonly exact: boolean;
}

/**
 * Throws `InvalidOptionError` that names the option and the value, `UnsupportedModelError` for a shape that cannot be.
 */
export function resolveOptions(options: WebGPUBackendOptions): ResolvedOptions {
  const {
    model,
    blockSize,
    maxTokens,
    maxRequests,
    hostBlockCount = 0,
    keepLogits = false,
    kv = "f32",
    variants = null,
    exact = true,
  } = options;
  checkConfig(model.config);
  if (!KV_TYPES.includes(kv)) throw new InvalidOptionError(`kv must be ${KV_TYPES.join(", ")}, got ${kv}`);
  integerOption("blockSize", blockSize, { least: 1, most: MAX_BLOCK_SIZE });
  const blockCount = resolveBlockCount(options);
  const mostBlocks = Math.floor(MAX_SLOTS / blockSize) - 1;
  integerOption("blockCount", blockCount, { least: 1, most: mostBlocks });
  integerOption("hostBlockCount", hostBlockCount, { least: 0, most: mostBlocks });
  integerOption("maxTokens", maxTokens, {
    least: 1,
    most: Math.floor(MAX_ROWS / (model.config.experts?.perToken ?? 1)),
  });
  integerOption("maxRequests", maxRequests, { least: 1, most: MAX_ROWS });
  return { model, blockCount, blockSize, maxTokens, maxRequests, hostBlockCount, keepLogits, kv, variants, exact };
}

function resolveBlockCount({ model, blockCount, kvBytes, blockSize, kv = "f32" }: WebGPUBackendOptions): number {
  if ((blockCount === undefined) === (kvBytes === undefined)) {
    throw new InvalidOptionError("give either blockCount or kvBytes");
  }
  if (blockCount !== undefined) return blockCount;
  const perBlock = kvBytesPerBlock({ config: model.config, blockSize, type: kv });
  const blocks = Math.floor(kvBytes! / perBlock) - 1; // block 0 is never used, yet has its place
  if (blocks >= 1) return blocks;
  throw new InvalidOptionError(
    `kvBytes must be at least ${2 * perBlock}, two blocks of ${blockSize} tokens, got ${kvBytes}`,
  );
}

/** Throws `UnsupportedModelError` that names the part of the decoder which no kernel computes. */
function checkConfig(config: DecoderConfig): void {
  const { headCount, kvHeadCount, headDim, architecture } = config;
  if (headCount % kvHeadCount !== 0) {
    throw new UnsupportedModelError(`${headCount} query heads do not share ${kvHeadCount} key heads evenly`);
  }
  if (headDim % 2 !== 0) {
    throw new UnsupportedModelError(`headDim must be even for the rotary embedding, got ${headDim}`);
  }
  if (headDim > MAX_HEAD_DIM) {
    throw new UnsupportedModelError(`headDim must be at most ${MAX_HEAD_DIM}, got ${headDim}`);
  }
  const refused = refusedPart(config);
  if (refused !== null) {
    throw new UnsupportedModelError(`${architecture}: ${refused} is not implemented in the webgpu backend`);
  }
}

function refusedPart({
  norm,
  activation,
  gated,
  learnedPositions,
  experts,
  biases,
  layers,
}: DecoderConfig): string | null {
  if (norm.kind !== "rms") return `norm ${norm.kind}`;
  if (activation !== "silu" && activation !== "gelu_tanh") return `activation ${activation}`;
  if (!gated) return "a feed-forward without gate";
  if (learnedPositions > 0) return "a learned position embedding";
  if (experts !== null && biases.feedForward) return "a bias of experts";
  if (experts === null && layers.some((layer) => layer.experts)) return "a layer of experts without their sizes";
  return null;
}
