import type { AllocatorSizes, PlanMoves } from "../../../src/testing/index.ts";
import { PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class ShiftForDivision extends PagedAllocator {
  override blocksFor(tokenCount: number): number {
    const shift = Math.floor(Math.log2(this.sizes.blockSize));
    return (tokenCount + this.sizes.blockSize - 1) >> shift;
  }
}

class ByteReferences extends PagedAllocator {
  override share(block: number): void {
    super.share(block);
    this.references[block] &= 0xff;
  }
}

class OneWord extends PagedAllocator {
  override acquire(): number {
    const block = super.acquire();
    // A bitmap of which only the first word is marked.
    if (block >= 32) this.unused.push(block);
    return block;
  }
}

class Tombstones extends PagedAllocator {
  readonly #graves = new Set<string>();

  override unkey(block: number): void {
    const key = this.keys.get(block);
    if (key !== undefined) this.#graves.add(key.text);
    super.unkey(block);
  }

  override bytes(): number {
    return super.bytes() + this.#graves.size;
  }
}

class KeepsSalts extends PagedAllocator {
  readonly #salts = new Map<string, number>();

  override index(sequence: Sequence, from: number): void {
    this.#salts.set(sequence.domain.salt, this.#salts.size);
    super.index(sequence, from);
  }

  override bytes(): number {
    return super.bytes() + this.#salts.size;
  }
}

class ForkLosesDomain extends PagedAllocator {
  override fork(number: number, child: number): PlanMoves {
    const moves = super.fork(number, child);
    this.sequences.set(child, { ...this.sequences.get(child)!, domain: { salt: "", adapterId: 0 } });
    return moves;
  }
}

const of = (bug: string, Allocator: new (sizes: AllocatorSizes) => PagedAllocator): Mutant => ({
  bug,
  make: (sizes) => new Allocator(sizes),
});

export const countMutants: readonly Mutant[] = [
  of("tokens are divided into blocks by a shift", ShiftForDivision),
  of("references are counted in 8 bits", ByteReferences),
  of("only the first word of a bitmap is marked", OneWord),
  of("evicted keys leave tombstones", Tombstones),
  of("the map of salts only grows", KeepsSalts),
  of("a fork loses its domain", ForkLosesDomain),
];
