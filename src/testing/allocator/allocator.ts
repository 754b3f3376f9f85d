import type { PlanMoves } from "../make-plan.ts";

/** Sequences share cached prefixes only inside one domain: salt and adapter both equal. */
export interface Domain {
  readonly salt: string;
  readonly adapterId: number;
}

/** What a program asks of an allocator. */
export interface AllocatorSizes {
  readonly blockCount: number;
  /** Tokens a block. */
  readonly blockSize: number;
  /** Most tokens of one sequence. */
  readonly maxTokens: number;
  /**
   * One block table a group of layers; a window in tokens, null where layers see every position. `[null]` without the
   * capabilities `windows` and `groups`.
   */
  readonly windows: readonly (number | null)[];
  /** 0 without the capability `swap` or `hostTier`. */
  readonly hostBlockCount: number;
}

/** What an allocator can do. A law about something else is skipped, and says so. */
export interface AllocatorCapabilities {
  /** Any free block serves any sequence: it refuses only where blocks are too few. */
  readonly paged?: boolean;
  /** A sequence holds the blocks that its tokens need, none ahead; cached blocks go only when none is free. */
  readonly exact?: boolean;
  /** The first half of `exact` alone: a sequence holds the blocks that its tokens need, none ahead. */
  readonly exactTables?: boolean;
  /**
   * Cached blocks may go while others are free, as where a tree gives up whole nodes. Takes the second half of `exact`
   * back.
   */
  readonly evictsNodes?: boolean;
  /** Matches end at coarser boundaries than a block: what lies between is cached and may not be found. */
  readonly coarseCache?: boolean;
  /** It has `lookup`, and takes cached beginnings of freed sequences in `allocate`. */
  readonly prefixCache?: boolean;
  /** It takes the beginnings of running sequences too. */
  readonly sharesRunning?: boolean;
  /** A match may end inside a block: the allocator copies it. */
  readonly partialHits?: boolean;
  /** It has `fork`. */
  readonly fork?: boolean;
  /** `sizes.windows` may hold windows. */
  readonly windows?: boolean;
  /** `sizes.windows` may hold several groups. */
  readonly groups?: boolean;
  /** It has `issue`, `commit` and `rollback`: several operations are one step, two steps may be on their way. */
  readonly plans?: boolean;
  /**
   * `fork` also while steps are on their way: the child belongs to the step under construction, and ends where that
   * fails.
   */
  readonly forkInFlight?: boolean;
  /** It has `reset`. */
  readonly reset?: boolean;
  /** It has `swapOut` and `swapIn`. */
  readonly swap?: boolean;
  /** Evicted blocks may go to host memory, and are matched there. */
  readonly hostTier?: boolean;
}

/** What `allocate` took. */
export interface Allocation extends PlanMoves {
  /** Tokens that need no computing, because the cache has them. */
  readonly cachedTokens: number;
}

/** Blocks of one memory; they add up to all there are. */
export interface BlockCounts {
  readonly free: number;
  /** Not held, kept for their contents, evicted when a sequence needs a block. 0 without a cache. */
  readonly cached: number;
  readonly held: number;
}

/**
 * The small interface through which the kit drives an allocator of KV blocks. Sequences are small numbers that the kit
 * chooses, and uses again after `free`. Blocks are numbers from 0 to `blockCount`, both included: allocators that count
 * from 1 fit, too.
 *
 * Operations that find no room return null, and have then changed nothing. Moves are block pairs that the device makes
 * before it writes any token of the same step: swap-outs, then swap-ins, then copies.
 */
export interface Allocator {
  readonly capabilities: AllocatorCapabilities;
  /** Room for a new sequence; the tokens after `cachedTokens` will be computed. */
  allocate(sequence: number, tokens: readonly number[], domain: Domain): Allocation | null;
  /** Room for more tokens, which will be computed. */
  append(sequence: number, tokens: readonly number[]): PlanMoves | null;
  /** Takes everything back, whatever state the sequence is in. */
  free(sequence: number): void;
  /** Block ids by position; negative where a window left the block. Valid until the next call. */
  table(sequence: number, group: number): ArrayLike<number>;
  stats(): BlockCounts;

  /** Tokens that `allocate` would find cached. Changes nothing. */
  lookup?(tokens: readonly number[], domain: Domain): number;
  /**
   * A sibling with the same tokens, which shares blocks until one of the two writes. No step is on its way, and moves
   * are made at once. With `forkInFlight` steps may be on their way, and moves are part of the next one.
   */
  fork?(sequence: number, child: number): PlanMoves | null;

  /** The operations since the last call are one step; it is on its way to the device. */
  issue?(): void;
  /** The oldest step on its way is done. */
  commit?(): void;
  /**
   * The newest step on its way failed: sequences that it allocated or swapped are freed, others lose the tokens that it
   * appended.
   */
  rollback?(): void;

  /** Moves a sequence to host memory; its device blocks are given back. */
  swapOut?(sequence: number): PlanMoves | null;
  swapIn?(sequence: number): PlanMoves | null;
  /**
   * Forgets all that is cached: nothing computed until now is found again. Sequences keep their blocks. No step is on
   * its way.
   */
  reset?(): void;
  /** Blocks of host memory. */
  hostStats?(): BlockCounts;

  /** Bytes, or any other measure, of its own book-keeping. */
  bytes?(): number;
  /** Own checks; throws where something is broken. */
  checkInvariants?(): void;
}

/** Makes a new, empty allocator of these sizes. */
export type MakeAllocator = (sizes: AllocatorSizes) => Allocator;

/** The domain of sequences without a salt or an adapter. */
export const NO_DOMAIN: Domain = Object.freeze({ salt: "", adapterId: 0 });

/** Blocks of one group that a sequence of `tokens` tokens needs. */
export function blocksOf(tokenCount: number, blockSize: number): number {
  return Math.ceil(tokenCount / blockSize);
}
