import {
  kvBytesPerToken,
  kvCopies,
  layerCount,
  type LayerKind,
  type ModelShape,
  type Setup,
} from "../../roofline/index.ts";

/** Block groups of a model: one a kind of layer. */
export function groupsOf(shape: ModelShape): { readonly window: number | null }[] {
  return shape.layers.map(({ window }) => ({ window }));
}

/**
 * Bytes on each GPU of one block of the pool, which may serve any group: as much as the group with the most layers
 * needs. GPUs beyond the KV heads hold copies.
 */
export function blockBytes(setup: Setup, blockSize: number): number {
  const { shape, kvBits = 16, gpus = 1 } = setup;
  const most = shape.layers.reduce((count: number, kind: LayerKind) => Math.max(count, kind.count), 0);
  return kvBytesPerToken(shape, kvBits) * (most / layerCount(shape)) * (kvCopies(shape, gpus) / gpus) * blockSize;
}
