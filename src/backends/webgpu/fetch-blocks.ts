import { Buffers, MAP_MODE_READ, USAGE } from "./buffers.ts";
import type { KvStorage } from "./kv-storage.ts";

/** Bytes of one buffer on the way to the host: what every WebGPU device allows in a buffer. */
const PIECE_BYTES = 256 * 1024 * 1024;

/** Takes fetched block `index`; `bytes` are gone when it returns. */
export type ReceiveBlock = (bytes: Uint8Array, index: number) => void;

/**
 * Fetches blocks as they are when everything submitted before has run; the copies are submitted before the promise is
 * returned. Rejects with `OutOfMemoryError` where the host-visible buffers cannot be had.
 */
export async function fetchBlocks(
  device: GPUDevice,
  kv: KvStorage,
  blocks: ArrayLike<number>,
  receive: ReceiveBlock,
): Promise<void> {
  const size = kv.bytesPerBlock;
  const perPiece = Math.max(1, Math.floor(PIECE_BYTES / size));
  const buffers = new Buffers(device);
  try {
    const encoder = device.createCommandEncoder();
    const pieces: { readonly first: number; readonly count: number; readonly staging: GPUBuffer }[] = [];
    for (let first = 0; first < blocks.length; first += perPiece) {
      const count = Math.min(perPiece, blocks.length - first);
      const staging = buffers.create("blocks on their way to the host", count * size, USAGE.MAP_READ | USAGE.COPY_DST);
      for (let i = 0; i < count; i++) kv.readBlock(encoder, blocks[first + i], staging, i * size);
      pieces.push({ first, count, staging });
    }
    device.queue.submit([encoder.finish()]);
    await buffers.settled();
    for (const { first, count, staging } of pieces) {
      await staging.mapAsync(MAP_MODE_READ);
      const mapped = staging.getMappedRange();
      for (let i = 0; i < count; i++) receive(new Uint8Array(mapped, i * size, size), first + i);
    }
  } finally {
    buffers.destroy();
  }
}
