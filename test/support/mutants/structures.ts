import type { AllocatorSizes, Domain, PlanMoves } from "../../../src/testing/index.ts";
import { type Match, NO_BLOCK, PagedAllocator, type Sequence } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

/** A child and its parent have one table: what one appends the other has. */
class OneTableForBoth extends PagedAllocator {
  override fork(number: number, child: number): PlanMoves {
    const moves = super.fork(number, child);
    const { table } = this.sequences.get(number)!;
    this.sequences.get(child)!.table = table;
    return moves;
  }
}

/** The oldest step is taken back, the newest was to be. */
class OldestRolledBack extends PagedAllocator {
  override rollback(): void {
    this.onTheirWay.reverse();
    super.rollback();
    this.onTheirWay.reverse();
  }
}

class LookupHolds extends PagedAllocator {
  override lookup(tokens: readonly number[], domain: Domain): number {
    const match = this.match(tokens, domain);
    for (const block of match.blocks) if (block !== NO_BLOCK) this.share(block);
    return this.matchedTokens(match);
  }
}

class SwapOutTakesShared extends PagedAllocator {
  override swapOut(number: number): PlanMoves | null {
    const { table } = this.sequences.get(number)!;
    for (const block of table) if (block !== NO_BLOCK) this.references[block] = 1;
    return super.swapOut(number);
  }
}

class SwapOutForgetsTail extends PagedAllocator {
  override swapOut(number: number): PlanMoves | null {
    const moves = super.swapOut(number);
    const { tokens } = this.sequences.get(number)!;
    if (moves === null || tokens.length % this.sizes.blockSize === 0) return moves;
    return { swapOuts: moves.swapOuts!.slice(0, -1) };
  }
}

class EvictsTheHeld extends PagedAllocator {
  override evict(): void {
    if (this.cached.size > 0) return super.evict();
    const victim = this.references.indexOf(1);
    this.unkey(victim);
    this.unused.push(victim);
  }

  override get available(): number {
    return Math.max(1, super.available);
  }
}

class CopiesOnlyLongTails extends PagedAllocator {
  override mustCopy(sequence: Sequence): boolean {
    return sequence.tokens.length % this.sizes.blockSize > 1 && super.mustCopy(sequence);
  }
}

/** The copied block is let go before the step that copies it is done. */
class CopySourceReleased extends PagedAllocator {
  override issue(): void {
    for (const { source } of this.open.copied) this.release(source);
    this.open.copied.length = 0;
    super.issue();
  }
}

class FirstTokenOfBlock extends PagedAllocator {
  override partial(tokens: readonly number[], count: number, domain: Domain): Match["partial"] {
    const found = super.partial(tokens, count, domain);
    return found === null ? null : { ...found, length: Math.min(found.length + 1, this.sizes.blockSize - 1) };
  }
}

class PartialOfAnyDomain extends PagedAllocator {
  override partial(tokens: readonly number[], count: number, domain: Domain): Match["partial"] {
    for (const { domain: other } of this.keys.values()) {
      const found = super.partial(tokens, count, other);
      if (found !== null) return found;
    }
    return super.partial(tokens, count, domain);
  }
}

/** The offset in a block by a mask, which only powers of two have. */
class MaskForRemainder extends PagedAllocator {
  override mustCopy({ tokens, table }: Sequence): boolean {
    return (tokens.length & (this.sizes.blockSize - 1)) !== 0 && this.references[table.at(-1)!] > 1;
  }
}

class TwoWords extends PagedAllocator {
  override acquire(): number {
    const block = super.acquire();
    // A bitmap whose third word is never marked.
    if (block >= 64) this.unused.push(block);
    return block;
  }
}

class ByteIds extends PagedAllocator {
  override acquire(): number {
    return super.acquire() & 0xff;
  }
}

class SignedByteReferences extends PagedAllocator {
  override share(block: number): void {
    super.share(block);
    if (this.references[block] > 127) this.references[block] -= 256;
  }
}

class HeldTwiceAfterRollback extends PagedAllocator {
  override unkey(block: number): void {
    const wasHeld = this.references[block] > 0;
    super.unkey(block);
    if (wasHeld && this.onTheirWay.length > 0) this.references[block]++;
  }
}

const of = (bug: string, Allocator: new (sizes: AllocatorSizes) => PagedAllocator): Mutant => ({
  bug,
  make: (sizes) => new Allocator(sizes),
});

export const structureMutants: readonly Mutant[] = [
  of("a fork and its parent have one table", OneTableForBoth),
  of("the oldest step is taken back for the newest", OldestRolledBack),
  of("a lookup holds what it finds", LookupHolds),
  of("a swap-out frees blocks that others share", SwapOutTakesShared),
  of("a swap-out leaves a partly filled block behind", SwapOutForgetsTail),
  of("a block that is held once is evicted where none is cached", EvictsTheHeld),
  of("a shared block with one token is written without a copy", CopiesOnlyLongTails),
  of("the source of a copy on write is let go when the step is issued", CopySourceReleased),
  of("a partial match is taken for one token more", FirstTokenOfBlock),
  of("partial matches are of any domain", PartialOfAnyDomain),
  of("the place in a block is found by a mask", MaskForRemainder),
  of("the third word of a bitmap is never marked", TwoWords),
  of("block ids are cut to 8 bits", ByteIds),
  of("references are counted in signed bytes", SignedByteReferences),
  of("a failed step's blocks are held once more", HeldTwiceAfterRollback),
];
