import { MAX_BLOCK_SIZE, MAX_SLOTS } from "../../config.ts";
import { type DecoderConfig, plainDecoder } from "../../decoder.ts";
import { InvalidOptionError, UnsupportedModelError } from "../../errors.ts";
import type { Model } from "../../model.ts";
import type { DeviceSource } from "./device.ts";
import { MAX_HEAD_DIM } from "./kernels/attention.ts";
import type { Variants } from "./kernels/variants.ts";
import { kvBytesPerBlock } from "./kv-storage.ts";

/** Rows of one dispatch: WebGPU's least maximum of workgroups in a dimension. */
const MAX_ROWS = 65_535;

export interface WebGPUBackendOptions extends DeviceSource {
  readonly model: Model;
  /** Usable blocks; this or `kvBytes`. */
  readonly blockCount?: number;
  /** Device bytes for keys and values: an adapter cannot tell its memory, so the budget is the caller's. */
  readonly kvBytes?: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  /** Blocks of the host tier. Default 0. */
  readonly hostBlockCount?: number;
  /** Return the logits of every sample: `maxTokens * vocabSize` floats more on the device and on the host. Default false. */
  readonly keepLogits?: boolean;
  /** Most bytes of one binding, below the device's own limit: weights and keys and values are split to fit. Default the device's limit. */
  readonly bindingBytes?: number;
  /** Which variants of the kernels run: a matter of speed, as their bits are the same. Default by the kind of adapter. */
  readonly variants?: Variants;
}

/** Options with every size filled in and checked. */
export interface ResolvedOptions {
  readonly model: Model;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly hostBlockCount: number;
  readonly keepLogits: boolean;
  readonly variants: Variants | null;
}

/** Throws `InvalidOptionError` that names the option and the value, `UnsupportedModelError` for a shape that cannot be. */
export function resolveOptions(options: WebGPUBackendOptions): ResolvedOptions {
  const { model, blockSize, maxTokens, maxRequests, hostBlockCount = 0, keepLogits = false, variants = null } = options;
  checkShape(model.config);
  checkInteger("blockSize", blockSize, 1, MAX_BLOCK_SIZE);
  const blockCount = resolveBlockCount(options);
  const mostBlocks = Math.floor(MAX_SLOTS / blockSize) - 1;
  checkInteger("blockCount", blockCount, 1, mostBlocks);
  checkInteger("hostBlockCount", hostBlockCount, 0, mostBlocks);
  checkInteger("maxTokens", maxTokens, 1, MAX_ROWS);
  checkInteger("maxRequests", maxRequests, 1, MAX_ROWS);
  return { model, blockCount, blockSize, maxTokens, maxRequests, hostBlockCount, keepLogits, variants };
}

function resolveBlockCount({ model, blockCount, kvBytes, blockSize }: WebGPUBackendOptions): number {
  if ((blockCount === undefined) === (kvBytes === undefined)) {
    throw new InvalidOptionError("give either blockCount or kvBytes");
  }
  if (blockCount !== undefined) return blockCount;
  const perBlock = kvBytesPerBlock(model.config, blockSize);
  const blocks = Math.floor(kvBytes! / perBlock) - 1; // block 0 is never used, yet has its place
  if (blocks >= 1) return blocks;
  throw new InvalidOptionError(`kvBytes must be at least ${2 * perBlock}, two blocks of ${blockSize} tokens, got ${kvBytes}`);
}

function checkShape(config: DecoderConfig): void {
  checkPlain(config);
  const { headCount, kvHeadCount, headDim } = config;
  if (headCount % kvHeadCount !== 0) {
    throw new UnsupportedModelError(`${headCount} query heads do not share ${kvHeadCount} key heads evenly`);
  }
  if (headDim % 2 !== 0) throw new UnsupportedModelError(`headDim must be even for the rotary embedding, got ${headDim}`);
  if (headDim > MAX_HEAD_DIM) throw new UnsupportedModelError(`headDim must be at most ${MAX_HEAD_DIM}, got ${headDim}`);
}

/** The kernels compute plain Llamas: another part is refused by its name. */
function checkPlain(config: DecoderConfig): void {
  const { architecture, contextLength, vocabSize, hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, tiedEmbeddings } = config;
  const sizes = { architecture, contextLength, vocabSize, hiddenSize, intermediateSize, headCount, kvHeadCount, headDim, tiedEmbeddings };
  const [rope] = config.ropes;
  const free = { norm: { ...config.norm, place: "before" as const, kind: "rms" as const }, ropes: [{ ...rope, dimensions: headDim }] };
  const plain = plainDecoder(config.layers.length, { ...sizes, ...free });
  for (const [part, value] of Object.entries(plain)) {
    const own = JSON.stringify(config[part as keyof DecoderConfig]);
    if (own !== JSON.stringify(value)) throw new UnsupportedModelError(`${architecture}: ${part} ${own} is not implemented in the webgpu backend`);
  }
}

function checkInteger(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new InvalidOptionError(`${name} must be an integer in [${low}, ${high}], got ${value}`);
}
