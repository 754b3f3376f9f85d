import type { Commit } from "../commit.ts";
import type { SchedulerParts } from "../parts.ts";

/** Counters since the start and gauges of now, for dashboards. Blocks are device blocks of all groups. */
export interface SchedulerStats {
  readonly submitted: number;
  /** Ended by a stop or their length. */
  readonly finished: number;
  readonly aborted: number;
  /** Ended by an error. */
  readonly failed: number;
  readonly preemptions: number;
  /** Plans issued. */
  readonly steps: number;
  readonly rollbacks: number;
  /** Tokens of all plans. */
  readonly scheduledTokens: number;
  /** Tokens taken from the prefix cache instead. */
  readonly cachedTokens: number;
  /**
   * Tokens of admitted requests whose beginning was looked up in the prefix cache: `cachedTokens / lookedUpTokens` is
   * the hit rate.
   */
  readonly lookedUpTokens: number;
  /** Guesses that committed steps checked. */
  readonly draftedTokens: number;
  /** Guesses of these that were right. `acceptedTokens / draftedTokens` is the acceptance rate. */
  readonly acceptedTokens: number;
  /** Tokens computed again after a preemption. */
  readonly recomputedTokens: number;
  readonly running: number;
  readonly waiting: number;
  readonly waitingTokens: number;
  readonly paused: number;
  readonly plansInFlight: number;
  readonly blockCount: number;
  readonly freeBlocks: number;
  readonly cachedBlocks: number;
  readonly heldBlocks: number;
  /** Beginnings that the prefix cache knows, one for each block of tokens. */
  readonly prefixNodes: number;
  /** Most of these: at the limit no more blocks are indexed, until some are evicted. */
  readonly maxPrefixNodes: number;
  /** Tokens that the next step may carry. */
  readonly tokenBudget: number;
  /** Bytes of the block pool's and the prefix cache's own columns. */
  readonly bookkeepingBytes: number;
}

export function schedulerStats(
  { counters, lifecycle, slots, inFlight, kv }: SchedulerParts,
  { draftedTokens, acceptedTokens }: Commit,
  tokenBudget: number,
): SchedulerStats {
  const { finished, aborted, failed, preemptions, waiting, pausedCount } = lifecycle;
  const { blockCount, freeCount, cachedCount, heldCount } = kv.pool;
  return {
    ...counters,
    preemptions,
    draftedTokens,
    acceptedTokens,
    recomputedTokens: slots.recomputedTokens,
    finished,
    aborted,
    failed,
    running: slots.running.length,
    waiting: waiting.size,
    waitingTokens: waiting.tokenCount,
    paused: pausedCount,
    plansInFlight: inFlight.count,
    blockCount,
    freeBlocks: freeCount,
    cachedBlocks: cachedCount,
    heldBlocks: heldCount,
    prefixNodes: kv.prefixes.tree.size,
    maxPrefixNodes: kv.prefixes.tree.limit,
    tokenBudget,
    bookkeepingBytes: kv.byteLength,
  };
}
