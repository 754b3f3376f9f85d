import type { KvCache } from "../blocks/kv-cache.ts";
import { IntList } from "../collections/int-list.ts";
import { NONE, type Sequence } from "./sequence.ts";

/** Newest tokens of a slot in one cache line. A power of two, so that the index is the position's last bits. */
export const RECENT = 16;
export const LAST = RECENT - 1;

/**
 * The state of running requests, in columns by slot. `Slots` alone writes them.
 *
 * computed: tokens in the cache, or put there by a plan in flight     known: tokens on the host
 * settled:  of these, by committed plans                              drawn: known, and samples of plans in flight
 */
export class SlotColumns {
  /** In order of admission. */
  readonly running: Sequence[] = [];
  /** Running requests that are decided one by one, prompts in order of admission. The rest decodes as a set. */
  readonly others: Sequence[] = [];
  /** Slots of the lane `decode`. */
  readonly decoding: IntList;
  /** Slots of the lane `decode` whose next token needs a block in each group; filled by `look`. */
  readonly due: IntList;
  /**
   * Slots of the lane `decode` with a full block to index whose tokens are all known; filled by `advance` and
   * `receive`.
   */
  readonly full: IntList;
  /** [slots] */
  readonly sequences: (Sequence | undefined)[];
  readonly stays: Int32Array;
  readonly known: Int32Array;
  readonly drawn: Int32Array;
  readonly computed: Int32Array;
  readonly settled: Int32Array;
  /** [slots] the last known token. */
  readonly newest: Int32Array;
  /** [slots] tokens in the step under construction; of the lane `decode` 1. */
  readonly chunks: Int32Array;
  /** [slots] samples in that step: 0, 1, or one more for each draft and for each choice that begins. */
  readonly samples: Int32Array;
  /** [slots] tokens of the prompt that the step scores: samples in front of the others. */
  readonly scores: Int32Array;
  /** [slots] drafts in that step: the samples behind the first are of these, not of choices. */
  readonly drafts: Int32Array;
  /** Tokens that were computed again after a preemption or a lost device. */
  recomputedTokens = 0;
  /** Running requests whose samples carry edits or a mask. */
  steeredCount = 0;
  /** Number of departures from slots. */
  leaveCount = 0;
  /** [slots] place in `decoding`, `NONE` outside. */
  protected readonly places: Int32Array;
  /** [slots] most tokens, prompt and answer. */
  protected readonly limits: Int32Array;
  /** [slots] computed tokens at which a decode of the set needs a look before the next step. */
  protected readonly edges: Int32Array;
  /** Slots that reached their edge with the last step, or entered the lane. */
  protected readonly touched: IntList;
  /** [slots] known tokens at which a decode of the set needs a look at its commit, or fewer. */
  protected readonly lookAt: Int32Array;
  /** [slots] bit `id % 32` of each stop id: an id whose bit is clear does not end the request. */
  protected readonly stopBits: Int32Array;
  /**
   * [slots x RECENT] the newest tokens, at the position's last bits. A token costs one store; `flush` copies it to the
   * request later.
   */
  protected readonly recent: Int32Array;
  /** [slots] tokens that are in the request's own array. */
  protected readonly flushed: Int32Array;
  protected readonly free: number[];
  protected readonly kv: KvCache;

  constructor(slotCount: number, kv: KvCache) {
    const column = (): Int32Array => new Int32Array(slotCount);
    this.kv = kv;
    this.decoding = new IntList(slotCount);
    this.due = new IntList(slotCount);
    this.full = new IntList(slotCount);
    this.sequences = new Array<Sequence | undefined>(slotCount).fill(undefined);
    this.stays = column().fill(NONE);
    this.known = column();
    this.drawn = column();
    this.computed = column();
    this.settled = column();
    this.newest = column();
    this.chunks = column();
    this.samples = column();
    this.scores = column();
    this.drafts = column();
    this.places = column().fill(NONE);
    this.limits = column();
    this.lookAt = column();
    this.edges = column();
    this.touched = new IntList(slotCount);
    this.stopBits = column();
    this.recent = new Int32Array(slotCount * RECENT);
    this.flushed = column();
    this.free = Array.from({ length: slotCount }, (_, i) => slotCount - 1 - i);
  }

  /** Decodes of the set whose last known token lacks a block in each group. */
  get needyCount(): number {
    const { counts, blockSize } = this.kv.tables;
    let needy = 0;
    for (let i = 0; i < this.decoding.length; i++) {
      if (this.known[this.decoding.items[i]] > counts[this.decoding.items[i]] * blockSize) needy++;
    }
    return needy;
  }

  /** Whether the request at the slot decodes as one of the set. */
  decodes(slot: number): boolean {
    return this.places[slot] !== NONE;
  }
}
