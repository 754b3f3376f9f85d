/**
 * A model as a backend sees it: a decoder's description and its weights, no files. `bstar/models` makes one from files;
 * anything else that fills these fields will do.
 */
import type { DecoderConfig } from "./decoder.ts";

/**
 * How a tensor's numbers are stored: floats by their safetensors names, blocks by their GGUF names
 * (`src/quantization`).
 */
export type DType = "F32" | "F16" | "BF16" | BlockDType;

/** Formats that store a row as blocks of small integers with shared scales. */
export type BlockDType =
  | "Q8_0"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q2_K"
  | "Q3_K"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K"
  | "IQ4_NL";

/** What is known of a tensor before its bytes are read. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  /** Row-major: the last length is that of a row, which holds whole blocks. */
  readonly shape: readonly number[];
}

/** A tensor in memory, as it was stored. */
export interface Tensor extends TensorInfo {
  /** Little-endian; may be a view into a larger buffer at any alignment: read-only. */
  readonly bytes: Uint8Array;
}

/** A tensor whose bytes stay where they are until they are asked for. */
export interface LazyTensor extends TensorInfo {
  /** The bytes, in memory that is the caller's from then on. Rejects as loading a model does. */
  read(): Promise<Uint8Array>;
}

/**
 * One transformer layer. Matrices are [out, in]; `null` where the decoder has no such part. Feed-forward matrices of a
 * layer with experts are [expert count, out, in].
 */
export interface LayerWeights<T extends TensorInfo = Tensor> {
  /** [hiddenSize] */
  readonly attentionNorm: T;
  /** [headCount * headDim, hiddenSize] */
  readonly query: T;
  /** [kvHeadCount * headDim, hiddenSize] */
  readonly key: T;
  /** [kvHeadCount * headDim, hiddenSize] */
  readonly value: T;
  /** [headCount * headDim] */
  readonly queryBias: T | null;
  /** [kvHeadCount * headDim] */
  readonly keyBias: T | null;
  /** [kvHeadCount * headDim] */
  readonly valueBias: T | null;
  /** [headDim] */
  readonly queryNorm: T | null;
  /** [headDim] */
  readonly keyNorm: T | null;
  /** [hiddenSize, headCount * headDim] */
  readonly output: T;
  /** [hiddenSize] */
  readonly outputBias: T | null;
  /** [hiddenSize], where norms are around the branches. */
  readonly attentionPostNorm: T | null;
  /** [hiddenSize] */
  readonly feedForwardNorm: T;
  /** [expert count, hiddenSize] */
  readonly router: T | null;
  /** [intermediateSize, hiddenSize] */
  readonly gate: T;
  /** [intermediateSize, hiddenSize] */
  readonly up: T;
  /** [hiddenSize, intermediateSize] */
  readonly down: T;
  /** [intermediateSize] */
  readonly gateBias: T | null;
  /** [intermediateSize] */
  readonly upBias: T | null;
  /** [hiddenSize] */
  readonly downBias: T | null;
  /** [hiddenSize], where norms are around the branches. */
  readonly feedForwardPostNorm: T | null;
}

/** A decoder with its weights. */
export interface Model<T extends TensorInfo = Tensor> {
  readonly config: DecoderConfig;
  /** [vocabSize, hiddenSize] */
  readonly embedding: T;
  readonly layers: readonly LayerWeights<T>[];
  /** [hiddenSize] */
  readonly finalNorm: T;
  /** [vocabSize, hiddenSize]; the same object as `embedding` where they are tied. */
  readonly head: T;
}

/** A matrix that an adapter changes. */
export type AdaptedPart = "query" | "key" | "value" | "output" | "gate" | "up" | "down";

/** A low-rank change of a model's matrices: W + scale * B · A (LoRA, arXiv 2106.09685). */
export interface Adapter {
  /** For people. */
  readonly name: string;
  readonly scale: number;
  /** By layer, the matrices that are changed: a is [rank, in], b is [out, rank]. */
  readonly layers: readonly Readonly<Partial<Record<AdaptedPart, { readonly a: Tensor; readonly b: Tensor }>>>[];
}
