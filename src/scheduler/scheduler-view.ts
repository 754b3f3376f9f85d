import type { KvCache } from "../blocks/kv-cache.ts";
import type { Request, RequestId } from "../request.ts";
import type { Commit } from "./commit.ts";
import { blockOwners, blockTables, type BlockOwner } from "./inspect/block-owners.ts";
import { explain, type Explanation } from "./inspect/explanation.ts";
import { checkSchedulerInvariants } from "./inspect/invariants.ts";
import { schedulerStats, type SchedulerStats } from "./inspect/stats.ts";
import type { SchedulerParts } from "./parts.ts";

/** What can be asked of a scheduler. Nothing here changes it. */
export class SchedulerView {
  readonly kv: KvCache;
  readonly #parts: SchedulerParts;
  readonly #commit: Commit;

  constructor(parts: SchedulerParts, commit: Commit) {
    this.kv = parts.kv;
    this.#parts = parts;
    this.#commit = commit;
  }

  /** Requests that have not ended, each choice counted. */
  get size(): number {
    return this.#parts.lifecycle.requests.size;
  }

  /** Requests that have not ended, each choice by itself, in order of submission. */
  get requests(): Request[] {
    return [...this.#parts.lifecycle.requests];
  }

  /** Tokens that the next step may carry. */
  get tokenBudget(): number {
    return this.#parts.options.budget.tokens();
  }

  /** When time alone will change what `schedule` decides: `Infinity` for never. */
  get nextWakeAt(): number {
    return this.#parts.lifecycle.nextExpiry;
  }

  /** Plans that are neither committed nor rolled back. */
  get inFlightCount(): number {
    return this.#parts.inFlight.count;
  }

  /** Why the request is where it is, for the first choice that has not ended; undefined for an unknown or ended id. */
  explain(id: RequestId, choice?: number): Explanation | undefined {
    const sequence = this.#parts.lifecycle.requests.of(id, choice).at(-1);
    return sequence && explain(sequence, this.kv);
  }

  /** Counters since the start, gauges of now. */
  stats(): SchedulerStats {
    return schedulerStats(this.#parts, this.#commit, this.tokenBudget);
  }

  /** [blockCount] the holder of each device block, by block id - 1: for people and views. O(blocks). */
  blockOwners(): BlockOwner[] {
    return blockOwners(this.kv, this.#parts.slots.running);
  }

  /**
   * [groups] the blocks of a running choice's tables, in order of position; -1 where a window has passed. Undefined
   * where it does not run.
   */
  blockTables(id: RequestId, choice?: number): number[][] | undefined {
    const sequence = this.#parts.lifecycle.requests.of(id, choice).at(-1);
    return sequence && blockTables(this.kv, sequence);
  }

  /** O(blocks + tokens). Throws on the first broken law. */
  checkInvariants(): void {
    this.kv.checkInvariants();
    checkSchedulerInvariants(this.#parts);
  }
}
