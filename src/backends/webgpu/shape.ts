import type { DecoderConfig } from "../../decoder.ts";

/**
 * Sizes of a model as the kernels see them: rows of numbers are padded to whole vectors of four, and the padding holds
 * zeros, which change no sum.
 */
export interface Shape {
  /** Vectors of a hidden state. */
  readonly hidden: number;
  /** Vectors of a head. */
  readonly head: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  /** Query heads that share a key head. */
  readonly sharing: number;
  /** Vectors of a token's queries. */
  readonly queries: number;
  /** Vectors of a feed-forward row, and of one of an expert. */
  readonly intermediate: number;
  readonly expertIntermediate: number;
  /** Vectors of a row of router logits. */
  readonly experts: number;
  /** Vectors of a row of logits. */
  readonly vocabulary: number;
}

export function shapeOf(config: DecoderConfig): Shape {
  const { headCount, kvHeadCount } = config;
  const head = vectors(config.headDim);
  return {
    hidden: vectors(config.hiddenSize),
    head,
    headCount,
    kvHeadCount,
    sharing: headCount / kvHeadCount,
    queries: headCount * head,
    intermediate: vectors(config.intermediateSize),
    expertIntermediate: vectors(config.experts?.intermediateSize ?? 0),
    experts: vectors(config.experts?.count ?? 0),
    vocabulary: vectors(config.vocabSize),
  };
}

/** Vectors of four that hold `count` numbers. */
export function vectors(count: number): number {
  return Math.ceil(count / 4);
}

/** Bytes of a vector of float32. */
export const VECTOR_BYTES = 16;

/** Vectors of a segment of a sum, SEGMENT of kernels/linear.wgsl. */
export const SEGMENT_VECTORS = 32;
