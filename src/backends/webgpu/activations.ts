import { DeviceLimitError } from "../../errors.ts";
import { type Buffers, STORAGE } from "./buffers.ts";
import { type Shape, VECTOR_BYTES } from "./shape.ts";

/** Bytes of logits computed at a time: 64 rows of a vocabulary of 128 Ki. Larger steps are sampled tile by tile. */
const LOGITS_BYTES = 32 * 1024 * 1024;

/** Intermediate results of a step. Rows of the first five are tokens, of the last two the samples of a tile. */
export interface Activations {
  readonly hidden: GPUBuffer;
  readonly normed: GPUBuffer;
  readonly queries: GPUBuffer;
  readonly attended: GPUBuffer;
  readonly gated: GPUBuffer;
  readonly sampled: GPUBuffer;
  readonly logits: GPUBuffer;
}

/** Samples of a tile, at least one; where logits are kept, one tile holds the step. */
export function tileRows(shape: Shape, maxTokens: number, keepLogits: boolean, bindingBytes: number): number {
  if (keepLogits) return maxTokens;
  const rows = Math.floor(Math.min(LOGITS_BYTES, bindingBytes) / (shape.vocabulary * VECTOR_BYTES));
  return Math.min(maxTokens, Math.max(1, rows));
}

/** Throws `DeviceLimitError` where a step does not fit a binding of `bindingBytes`. */
export function createActivations(buffers: Buffers, shape: Shape, maxTokens: number, tile: number, bindingBytes: number): Activations {
  const rows = (label: string, count: number, vectors: number): GPUBuffer => {
    const size = count * vectors * VECTOR_BYTES;
    if (size > bindingBytes) {
      throw new DeviceLimitError(`maxStorageBufferBindingSize is ${bindingBytes}, ${label} of ${count} rows need ${size}: use fewer tokens a step`);
    }
    return buffers.create(label, size, STORAGE);
  };
  return {
    hidden: rows("hidden states", maxTokens, shape.hidden),
    normed: rows("normalized hidden states", maxTokens, shape.hidden),
    queries: rows("queries", maxTokens, shape.queries),
    attended: rows("attention outputs", maxTokens, shape.queries),
    gated: rows("feed-forward rows", maxTokens, shape.intermediate),
    sampled: rows("normalized samples", tile, shape.hidden),
    logits: rows("logits", tile, shape.vocabulary),
  };
}
