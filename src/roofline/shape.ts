import { assert } from "../assert.ts";

/** Layers whose attention sees equally far: one block group of the cache. */
export interface LayerKind {
  /** How many layers are of this kind. */
  readonly count: number;
  /** Tokens that a position sees, itself included; `null` where it sees all. */
  readonly window: number | null;
}

/** Layers whose feed-forward is a mixture of experts. */
export interface ExpertShape {
  /** How many layers are so; the others are dense. */
  readonly layerCount: number;
  /** Experts of such a layer. */
  readonly count: number;
  /** Experts that a token uses. */
  readonly perToken: number;
  readonly intermediateSize: number;
  /** Of a feed-forward that every token uses beside its experts; 0 where there is none. */
  readonly sharedIntermediateSize?: number;
}

/**
 * Multi-head latent attention: keys and values of all heads are made from one short vector a token (DeepSeek-V2, arXiv
 * 2405.04434).
 */
export interface LatentShape {
  /** Length of the vector that queries are made from. */
  readonly queryRank: number;
  /** Length of the vector that keys and values are made from: what the cache keeps, beside `ropeDim`. */
  readonly kvRank: number;
  /** Part of a head with a rotary position, shared by all heads; `headDim` is the part without. */
  readonly ropeDim: number;
  readonly valueDim: number;
}

/** Sizes of a decoder-only transformer: all that time and memory depend on. Lengths in numbers, not bytes. */
export interface ModelShape {
  readonly name: string;
  readonly hiddenSize: number;
  readonly headCount: number;
  /** Below `headCount` with grouped-query attention (arXiv 2305.13245). */
  readonly kvHeadCount: number;
  readonly headDim: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
  /** The output head is the embedding's matrix. */
  readonly tiedEmbeddings: boolean;
  /** Positions the model was made for. */
  readonly contextLength: number;
  /** In order of first use; counts add up to the number of layers. */
  readonly layers: readonly LayerKind[];
  /** Matrices of a feed-forward layer: 3 where it is gated (SwiGLU, GeGLU), else 2. */
  readonly feedForwardMatrices: 2 | 3;
  /** Biases: of query, key and value; of the attention's output; of the feed-forward matrices. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Parameters of one norm as a multiple of its length: 1 for RMSNorm, 2 for LayerNorm (scale and shift). */
  readonly normVectors: 1 | 2;
  /** Norms of length `hiddenSize` a layer. */
  readonly normsPerLayer: number;
  /** A norm of length `headDim` on queries and one on keys, in each layer. */
  readonly queryKeyNorm: boolean;
  /** Rows of a learned position embedding; 0 with rotary embedding. */
  readonly positionEmbeddings: number;
  /** `null` where every feed-forward layer is dense. */
  readonly experts: ExpertShape | null;
  /** Absent where keys and values are kept as they are. */
  readonly latent?: LatentShape;
}

export function layerCount(shape: ModelShape): number {
  return shape.layers.reduce((sum, kind) => sum + kind.count, 0);
}

/** Weights of the matrix products of one layer with a dense feed-forward (no biases, no norms). */
export function layerMatrixWeights(shape: ModelShape): number {
  return attentionWeights(shape) + shape.feedForwardMatrices * shape.hiddenSize * shape.intermediateSize;
}

/**
 * Weights of one layer whose feed-forward is a mixture, `experts` of them and the router: `count` are stored,
 * `perToken` used.
 */
export function expertLayerWeights(shape: ModelShape, experts: number): number {
  const { count, intermediateSize, sharedIntermediateSize = 0 } = shape.experts!;
  const router = count * shape.hiddenSize;
  const rows = experts * intermediateSize + sharedIntermediateSize;
  return attentionWeights(shape) + router + shape.feedForwardMatrices * shape.hiddenSize * rows;
}

function attentionWeights(shape: ModelShape): number {
  if (shape.latent !== undefined) return latentWeights(shape, shape.latent);
  const query = shape.hiddenSize * shape.headCount * shape.headDim;
  const keyAndValue = 2 * shape.hiddenSize * shape.kvHeadCount * shape.headDim;
  return 2 * query + keyAndValue;
}

/** Down to the short vectors, up from them, and the output. */
function latentWeights(
  { hiddenSize, headCount, headDim }: ModelShape,
  { queryRank, kvRank, ropeDim, valueDim }: LatentShape,
): number {
  const down = hiddenSize * (queryRank + kvRank + ropeDim);
  const up = queryRank * headCount * (headDim + ropeDim) + kvRank * headCount * (headDim + valueDim);
  return down + up + headCount * valueDim * hiddenSize;
}

/** Weights of all layers' matrix products as they are stored. */
export function matrixWeights(shape: ModelShape): number {
  return weightsWithExperts(shape, shape.experts?.count ?? 0);
}

/** Weights that one token is multiplied with: of a mixture's experts only the used ones. */
export function activeMatrixWeights(shape: ModelShape): number {
  return weightsWithExperts(shape, shape.experts?.perToken ?? 0);
}

function weightsWithExperts(shape: ModelShape, experts: number): number {
  const mixtures = shape.experts?.layerCount ?? 0;
  const dense = (layerCount(shape) - mixtures) * layerMatrixWeights(shape);
  return mixtures === 0 ? dense : dense + mixtures * expertLayerWeights(shape, experts);
}

/** Weights of `experts` experts of each mixture: without its router, and without what every token uses. */
export function expertWeights(shape: ModelShape, experts: number): number {
  if (shape.experts === null) return 0;
  const { layerCount: mixtures, intermediateSize } = shape.experts;
  return mixtures * experts * shape.feedForwardMatrices * shape.hiddenSize * intermediateSize;
}

/** Weights of the matrix that turns the last hidden state into logits. */
export function headWeights(shape: ModelShape): number {
  return shape.vocabSize * shape.hiddenSize;
}

/** Number of parameters, exact: equal to what the published checkpoint holds. */
export function parameterCount(shape: ModelShape): number {
  const embeddings = headWeights(shape) * (shape.tiedEmbeddings ? 1 : 2) + shape.positionEmbeddings * shape.hiddenSize;
  const finalNorm = shape.normVectors * shape.hiddenSize;
  const total = embeddings + finalNorm + matrixWeights(shape) + layerCount(shape) * layerVectors(shape);
  assert(Number.isSafeInteger(total), () => `parameterCount of ${shape.name} is not an integer: ${total}`);
  return total;
}

/** Norms and biases of one layer. */
function layerVectors(shape: ModelShape): number {
  const { hiddenSize, headCount, kvHeadCount, headDim, intermediateSize, biases } = shape;
  const norms = shape.normVectors * shape.normsPerLayer * hiddenSize + (shape.queryKeyNorm ? 2 * headDim : 0);
  const qkv = biases.qkv ? (headCount + 2 * kvHeadCount) * headDim : 0;
  const output = biases.output ? hiddenSize : 0;
  const feedForward = biases.feedForward ? (shape.feedForwardMatrices - 1) * intermediateSize + hiddenSize : 0;
  return norms + qkv + output + feedForward;
}
