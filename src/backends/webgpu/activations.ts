import type { DecoderConfig } from "../../decoder.ts";
import { DeviceLimitError } from "../../errors.ts";
import type { KvType } from "../../kv-type.ts";
import { type Buffers, STORAGE } from "./buffers.ts";
import { placesHeads } from "./kernels/place-heads.ts";
import { type Shape, VECTOR_BYTES, shapeOf, vectors } from "./shape.ts";

/** Bytes of logits computed at a time: 64 rows of a vocabulary of 128 Ki. Larger steps are sampled tile by tile. */
const LOGITS_BYTES = 32 * 1024 * 1024;

/** Intermediate results of a step. Rows of `sampled` and `logits` are the samples of a tile, of the others tokens. */
export interface Activations {
  readonly hidden: GPUBuffer;
  readonly normed: GPUBuffer;
  readonly queries: GPUBuffer;
  readonly attended: GPUBuffer;
  readonly gated: GPUBuffer;
  readonly sampled: GPUBuffer;
  readonly logits: GPUBuffer;
  /** The logits with the samples' edits and masks. */
  readonly edited: GPUBuffer;
  /** Queries, keys and values before they are placed; null where the product places them. */
  readonly projected: GPUBuffer | null;
  /** Outputs of a branch before their norm; null where there is no such norm. */
  readonly branch: GPUBuffer | null;
  readonly experts: ExpertActivations | null;
}

/** Intermediate results of layers with experts. */
export interface ExpertActivations {
  /** Of the router; rows are tokens. */
  readonly logits: GPUBuffer;
  /** [token, experts of a token] number and share. */
  readonly choices: GPUBuffer;
  /** Rows are a token's experts. */
  readonly gated: GPUBuffer;
  readonly outputs: GPUBuffer;
}

/** Samples of a tile, at least one; where logits are kept, one tile holds the step. */
export function tileRows(shape: Shape, maxTokens: number, keepLogits: boolean, bindingBytes: number): number {
  if (keepLogits) return maxTokens;
  const rows = Math.floor(Math.min(LOGITS_BYTES, bindingBytes) / (shape.vocabulary * VECTOR_BYTES));
  return Math.min(maxTokens, Math.max(1, rows));
}

/** Rows of a step and of a tile. */
export interface StepSizes {
  readonly maxTokens: number;
  readonly tile: number;
  readonly bindingBytes: number;
}

/** Throws `DeviceLimitError` where a step does not fit a binding of `bindingBytes`. */
export function createActivations(
  buffers: Buffers,
  config: DecoderConfig,
  kvType: KvType,
  { maxTokens, tile, bindingBytes }: StepSizes,
): Activations {
  const shape = shapeOf(config);
  const rows = (label: string, count: number, size: number): GPUBuffer => {
    const bytes = count * size * VECTOR_BYTES;
    if (bytes > bindingBytes) {
      throw new DeviceLimitError(
        `maxStorageBufferBindingSize is ${bindingBytes}, ${label} of ${count} rows need ${bytes}: ` +
          "use fewer tokens a step",
      );
    }
    return buffers.create(label, bytes, STORAGE);
  };
  const { experts, norm } = config;
  const places = placesHeads(config, kvType);
  return {
    hidden: rows("hidden states", maxTokens, shape.hidden),
    normed: rows("normalized hidden states", maxTokens, shape.hidden),
    queries: rows("queries", maxTokens, shape.queries),
    attended: rows("attention outputs", maxTokens, shape.queries),
    gated: rows("feed-forward rows", maxTokens, shape.intermediate),
    sampled: rows("normalized samples", tile, shape.hidden),
    logits: rows("logits", tile, shape.vocabulary),
    edited: rows("edited logits", tile, shape.vocabulary),
    projected: places
      ? rows("queries, keys and values", maxTokens, shape.queries + 2 * shape.kvHeadCount * shape.head)
      : null,
    branch: norm.place === "around" ? rows("outputs of a branch", maxTokens, shape.hidden) : null,
    experts: experts && {
      logits: rows("router logits", maxTokens, shape.experts),
      choices: rows("chosen experts", maxTokens, vectors(2 * experts.perToken)),
      gated: rows("rows of experts", maxTokens * experts.perToken, shape.expertIntermediate),
      outputs: rows("outputs of experts", maxTokens * experts.perToken, shape.hidden),
    },
  };
}
