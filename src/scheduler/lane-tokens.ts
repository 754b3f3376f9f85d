import { widened } from "../widen.ts";

/** Commits whose tokens are kept, at least. */
const MIN_LINES = 32;

/** Periods whose tokens are kept, at least: one has passed when it is looked whether another may. */
const PERIODS = 4;

/** Places between the lines: where a line is a power of two long, a slot's tokens would all be in the same set of a core's cache. */
const PADDING = 16;

/** For slots that are nobody's. */
const NO_TOKENS = new Int32Array(0);

/**
 * The newest known tokens of requests that all get one with every commit: a ring of lines, one a commit, with all slots' tokens
 * side by side, until a block of them goes to the request's own array at once. A token costs one store then; in an array of each
 * request's own it is a fetch or two from outside the core's cache.
 *
 * Law: for flushed <= p < count, the token at position p of slot s is [s] of the line of commit p - base.
 */
export class LaneTokens {
  readonly #period: number;
  /** Lines of the ring, less one: they are a power of two. */
  readonly #mask: number;
  /** Places from line to line. */
  readonly #stride: number;
  /** [lines x stride] */
  readonly #ring: Int32Array;
  /** [lines] [slots] */
  readonly #lines: readonly Int32Array[];
  /** Commits, to 32 bits. */
  #commits = 0;
  /** [slots] known tokens less `#commits`. */
  readonly #bases: Int32Array;
  /** [slots] tokens that are in the request's own array. */
  readonly #flushed: Int32Array;
  /** [slots] the requests' own arrays; replaced by longer ones as they fill. */
  readonly #own: Int32Array[];
  /** [slots] most tokens of each request. */
  readonly #limits: Int32Array;

  /** Every `period` commits each slot is flushed, or asked whether it must be. */
  constructor(period: number, slotCount: number) {
    const lineCount = 2 ** Math.ceil(Math.log2(Math.max(MIN_LINES, PERIODS * period)));
    this.#period = period;
    this.#mask = lineCount - 1;
    this.#stride = slotCount + PADDING;
    this.#ring = new Int32Array(lineCount * this.#stride);
    this.#lines = Array.from({ length: lineCount }, (_, line) => this.#ring.subarray(line * this.#stride, line * this.#stride + slotCount));
    this.#bases = new Int32Array(slotCount);
    this.#flushed = new Int32Array(slotCount);
    this.#limits = new Int32Array(slotCount);
    this.#own = Array.from({ length: slotCount }, () => NO_TOKENS);
  }

  /** A request with `count` known tokens, of `limit` at most, takes the slot. */
  enter(slot: number, own: Int32Array, count: number, limit: number): void {
    this.#limits[slot] = limit;
    this.#bases[slot] = count - this.#commits;
    this.#flushed[slot] = count;
    this.#own[slot] = own;
    this.newest()[slot] = own[count - 1];
  }

  leave(slot: number): void {
    this.#own[slot] = NO_TOKENS;
  }

  /** One commit more: [slots], to be filled with its tokens. */
  open(): Int32Array {
    this.#commits = (this.#commits + 1) | 0;
    return this.newest();
  }

  /** [slots] the last known tokens. */
  newest(): Int32Array {
    return this.#lines[(this.#commits - 1) & this.#mask];
  }

  /** Known tokens. */
  countOf(slot: number): number {
    return (this.#bases[slot] + this.#commits) | 0;
  }

  /** Whether the ring will not keep all that the request's own array lacks for another period. */
  mustFlush(slot: number): boolean {
    return this.countOf(slot) - this.#flushed[slot] > this.#mask - this.#period;
  }

  /** Writes what it lacks to the request's own array, and returns that. */
  flush(slot: number): Int32Array {
    const ring = this.#ring;
    const stride = this.#stride;
    const mask = this.#mask;
    const base = this.#bases[slot];
    const count = this.countOf(slot);
    if (count > this.#own[slot].length) this.#own[slot] = widened(this.#own[slot], count, this.#limits[slot]);
    const own = this.#own[slot];
    for (let position = this.#flushed[slot]; position < count; position++) own[position] = ring[((position - base) & mask) * stride + slot];
    this.#flushed[slot] = count;
    return own;
  }
}
