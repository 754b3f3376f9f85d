import type { Allocation, AllocatorCapabilities, Domain, PlanMoves } from "../../src/testing/index.ts";
import { type Match, PagedAllocator, type Sequence } from "./paged-allocator.ts";

/**
 * As engines with a radix tree do: what a sequence computed is cached when it leaves. Every operation is a step of its
 * own.
 */
export class CachesWhatIsFreed extends PagedAllocator {
  override readonly capabilities: AllocatorCapabilities = {
    paged: true,
    exact: true,
    prefixCache: true,
    partialHits: true,
  };

  override allocate(number: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const answer = super.allocate(number, tokens, domain);
    this.issue();
    this.commit();
    return answer;
  }

  override append(number: number, tokens: readonly number[]): PlanMoves | null {
    const answer = super.append(number, tokens);
    this.issue();
    this.commit();
    return answer;
  }

  override index(): void {
    // Not while it runs.
  }

  override drop(sequence: Sequence): void {
    super.index(sequence, 0);
    this.open.keyed.length = 0;
    super.drop(sequence);
  }
}

/** Moves held blocks down to the lowest free numbers, and reports that as copies. It caches nothing. */
export class Compacting extends PagedAllocator {
  override readonly capabilities: AllocatorCapabilities = { paged: true, exact: true, fork: true, plans: true };

  override allocate(number: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const answer = super.allocate(number, tokens, domain);
    return answer === null ? null : { ...answer, copies: [...(answer.copies ?? []), ...this.compact()] };
  }

  override append(number: number, tokens: readonly number[]): PlanMoves | null {
    const answer = super.append(number, tokens);
    return answer === null ? null : { ...answer, copies: [...(answer.copies ?? []), ...this.compact()] };
  }

  override match(): Match {
    return { blocks: [], partial: null };
  }

  override index(): void {
    // Nothing can be found.
  }

  /** A block that was copied in this step stays: it is a source or a target already. */
  private compact(): [number, number][] {
    const moves: [number, number][] = [];
    const touched = new Set(this.open.copied.flatMap(({ source, target }) => [source, target]));
    this.unused.sort((a, b) => a - b);
    for (const sequence of this.sequences.values()) {
      for (const [index, source] of sequence.table.entries()) {
        const isOwn = this.references[source] === 1 && !touched.has(source);
        if (!isOwn || this.unused.length === 0 || this.unused[0] > source) continue;
        const target = this.acquire();
        sequence.table[index] = target;
        this.open.copied.push({ sequence, index, source, target });
        touched.add(source).add(target);
        moves.push([source, target]);
      }
    }
    return moves;
  }
}

/** Where blocks run out, all cached blocks that begin with the same block go together. */
export class EvictsNodes extends PagedAllocator {
  override readonly capabilities: AllocatorCapabilities = {
    paged: true,
    exact: true,
    evictsNodes: true,
    prefixCache: true,
    sharesRunning: true,
    partialHits: true,
    plans: true,
  };

  override evict(): void {
    const [victim] = this.cached;
    const { tokens, domain } = this.keys.get(victim)!;
    const first = this.keyText(tokens.slice(0, this.sizes.blockSize), domain);
    for (const block of this.cached) {
      const key = this.keys.get(block)!;
      if (this.keyText(key.tokens.slice(0, this.sizes.blockSize), key.domain) === first) this.unkey(block);
    }
  }
}

/** A match ends at every second block only. */
export class CoarseCache extends PagedAllocator {
  override readonly capabilities: AllocatorCapabilities = {
    paged: true,
    exact: true,
    coarseCache: true,
    prefixCache: true,
    sharesRunning: true,
    plans: true,
  };

  override match(tokens: readonly number[], domain: Domain): Match {
    const { blockSize } = this.sizes;
    for (let count = Math.floor(this.mostCached(tokens) / blockSize); ; count--) {
      const blocks = count % 2 === 0 ? this.chain(tokens, count, domain) : null;
      if (blocks !== null) return { blocks, partial: null };
    }
  }
}
