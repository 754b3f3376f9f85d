import type { BlockPair, PlanMoves } from "../make-plan.ts";

/** What a slot holds that was never written, and what a failed step leaves behind. */
export const NOTHING = -1;
export const SPOILED = -2;

/**
 * Device and host memory of which each slot holds one number instead of keys and values. Blocks are 0..blockCount.
 * Pairs of one list move at once, as they may on a device.
 */
export class SimulatedMemory {
  readonly #blockSize: number;
  readonly #device: Int32Array;
  readonly #host: Int32Array;

  constructor(sizes: { readonly blockCount: number; readonly hostBlockCount: number; readonly blockSize: number }) {
    this.#blockSize = sizes.blockSize;
    this.#device = new Int32Array((sizes.blockCount + 1) * sizes.blockSize).fill(NOTHING);
    this.#host = new Int32Array((sizes.hostBlockCount + 1) * sizes.blockSize).fill(NOTHING);
  }

  /** A slot of the device. */
  read(block: number, offset: number): number {
    return this.#device[block * this.#blockSize + offset];
  }

  write(block: number, offset: number, content: number): void {
    this.#device[block * this.#blockSize + offset] = content;
  }

  /** Swap-outs, then swap-ins, then copies. */
  move({ swapOuts = [], swapIns = [], copies = [] }: PlanMoves): void {
    this.#moveAll(swapOuts, this.#device, this.#host);
    this.#moveAll(swapIns, this.#host, this.#device);
    this.#moveAll(copies, this.#device, this.#device);
  }

  /** The moves failed half way: what they wrote to is of no use. */
  spoil({ swapOuts = [], swapIns = [], copies = [] }: PlanMoves): void {
    for (const [, target] of swapOuts) this.#fill(this.#host, target, SPOILED);
    for (const [, target] of [...swapIns, ...copies]) this.#fill(this.#device, target, SPOILED);
  }

  #moveAll(pairs: readonly BlockPair[], from: Int32Array, to: Int32Array): void {
    const size = this.#blockSize;
    const contents = pairs.map(([source]) => from.slice(source * size, (source + 1) * size));
    // A block that is not there has no contents to move, and takes none.
    for (const [i, [, target]] of pairs.entries()) {
      if (target >= 0 && (target + 1) * size <= to.length) to.set(contents[i], target * size);
    }
  }

  #fill(memory: Int32Array, block: number, content: number): void {
    memory.fill(content, block * this.#blockSize, (block + 1) * this.#blockSize);
  }
}
