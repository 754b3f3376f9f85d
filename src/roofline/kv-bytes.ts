import type { LayerKind, ModelShape } from "./shape.ts";

/**
 * Bytes of keys and values that one token leaves in the layers of one kind, `kvBits` a number, on all GPUs together.
 */
export function kvBytesPerTokenOfKind(shape: ModelShape, kind: LayerKind, kvBits: number): number {
  return (kvNumbers(shape) * kind.count * kvBits) / 8;
}

/** Numbers that one token leaves in a layer: keys and values, or the short vector that both are made from. */
function kvNumbers({ latent, kvHeadCount, headDim }: ModelShape): number {
  return latent === undefined ? 2 * kvHeadCount * headDim : latent.kvRank + latent.ropeDim;
}

/** Bytes of keys and values that one token leaves, all layers. */
export function kvBytesPerToken(shape: ModelShape, kvBits: number): number {
  return sumOverKinds(shape, (kind) => kvBytesPerTokenOfKind(shape, kind, kvBits));
}

/**
 * Bytes of keys and values of a sequence of `context` tokens, without blocks: a windowed layer keeps its window only.
 */
export function kvBytesPerSequence(shape: ModelShape, kvBits: number, context: number): number {
  return sumOverKinds(
    shape,
    (kind) => kvBytesPerTokenOfKind(shape, kind, kvBits) * Math.min(context, kind.window ?? context),
  );
}

/** Blocks that a sequence of `context` tokens holds of a group: all of it, or at most ceil(window / blockSize) + 1. */
export function blocksPerSequence(kind: LayerKind, context: number, blockSize: number): number {
  const all = Math.ceil(context / blockSize);
  return kind.window === null ? all : Math.min(all, Math.ceil(kind.window / blockSize) + 1);
}

/** Bytes of the blocks that a sequence of `context` tokens holds, all groups: never less than `kvBytesPerSequence`. */
export function blockBytesPerSequence(shape: ModelShape, kvBits: number, context: number, blockSize: number): number {
  return sumOverKinds(
    shape,
    (kind) => kvBytesPerTokenOfKind(shape, kind, kvBits) * blockSize * blocksPerSequence(kind, context, blockSize),
  );
}

/**
 * How often keys and values are stored with tensor parallelism: once, until there are more GPUs than KV heads and each
 * GPU still needs a whole head.
 */
export function kvCopies(shape: ModelShape, gpus: number): number {
  if (shape.latent !== undefined) return gpus; // every GPU's heads are made from the whole vector
  return (Math.ceil(shape.kvHeadCount / gpus) * gpus) / shape.kvHeadCount;
}

function sumOverKinds(shape: ModelShape, bytesOf: (kind: LayerKind) => number): number {
  return shape.layers.reduce((sum, kind) => sum + bytesOf(kind), 0);
}
