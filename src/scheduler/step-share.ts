import { assert } from "../assert.ts";
import { InvalidPolicyError } from "../errors.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import type { PreemptionPolicy } from "../policies/preemption/preemption-policy.ts";
import type { ChunkPolicy, ChunkStep } from "../prefill/chunk-policy.ts";
import { NONE, type Entry } from "./entry.ts";
import { Urgency } from "./urgency.ts";

/**
 * Shares one step's token budget and free blocks: decodes first, one token each, then prompts by the chunk policy.
 * Only numbers are set (`entry.chunk`); nothing is reserved until the scheduler issues them.
 *
 * Laws: tokenCount + remaining = budget; the blocks that the chunks need are available.
 */
export class StepShare implements ChunkStep {
  budget = 0;
  remaining = 0;
  decodeCount = 0;
  prefillsLeft = 0;
  gapLeft = 0;
  /** Somebody was preempted for this step: then nobody is admitted to it. */
  preempted = false;
  readonly #kv: KvCache;
  readonly #chunking: ChunkPolicy;
  readonly #longPrefillThreshold: number;
  /** Available blocks that nobody in the step needs yet. */
  #room = 0;
  /** Number of the step: who stalls in it carries it. */
  #step = 0;
  #stalled = false;
  /** The stay of the last request that got a decode; the next step that is too small for all decodes begins behind it. */
  #lastServed = NONE;
  readonly #urgency: Urgency;
  /** A waiting request that is to have its share before those that it outranks. */
  #kept: { readonly entry: Entry; readonly blocks: number } | null = null;
  /** `#lastServed` before the step under construction. */
  #turn = NONE;
  /** The one request that may run in this step, where it is to be tried alone. */
  #only: Entry | undefined;

  constructor(kv: KvCache, options: { chunking: ChunkPolicy; longPrefillThreshold: number; preemption: PreemptionPolicy }) {
    this.#urgency = new Urgency(options.preemption);
    this.#kv = kv;
    this.#chunking = options.chunking;
    this.#longPrefillThreshold = options.longPrefillThreshold;
  }

  get blockSize(): number {
    return this.#kv.blockSize;
  }

  /** Tokens shared out. */
  get tokenCount(): number {
    return this.budget - this.remaining;
  }

  /** Whether there are blocks for newcomers: nobody had to be preempted, nobody goes without. */
  get mayAdmit(): boolean {
    return !this.preempted && !this.#stalled;
  }

  begin(budget: number, only?: Entry): void {
    this.budget = budget;
    this.#restart();
    this.preempted = false;
    this.#kept = null;
    this.#turn = this.#lastServed;
    this.#step++;
    this.#stalled = false;
    this.#only = only;
  }

  /** Sets every running request's chunk, the most urgent ones' first. Returns the first that needs a block where there is none; then nothing holds. */
  plan(running: readonly Entry[]): Entry | undefined {
    this.#restart();
    this.#room = this.#kv.pool.availableCount;
    const classes = this.#urgency.classesOf(running);
    let kept = 0;
    for (let i = 0; i < classes.length; i++) {
      if (kept === 0 && this.#kept !== null && classes[i].length > 0 && this.#urgency.outranks(this.#kept.entry, classes[i][0])) kept = this.#setKeptAside();
      const needy = this.#planClass(classes[i]);
      if (needy !== undefined) return needy;
    }
    this.remaining += kept;
    return undefined;
  }

  /** Requests that the waiting one outranks leave these blocks, and tokens for all that it lacks, to it in this step. */
  keepFor(entry: Entry, blocks: number): void {
    this.#kept = { entry, blocks };
  }

  /** Returns how many tokens. */
  #setKeptAside(): number {
    const { entry, blocks } = this.#kept!;
    const tokens = Math.min(this.remaining, entry.tokenCount, this.#longPrefillThreshold);
    this.remaining -= tokens;
    this.#room = Math.max(0, this.#room - blocks);
    return tokens;
  }

  #planClass(running: readonly Entry[]): Entry | undefined {
    this.prefillsLeft = 0;
    this.gapLeft = 0;
    const first = this.firstTurn(running);
    for (let i = 0; i < running.length; i++) {
      const entry = running[(first + i) % running.length];
      entry.chunk = 0;
      if (!this.#wants(entry)) continue;
      if (entry.gap > 1) this.#countPrefill(entry);
      else if (!this.#decode(entry)) return entry;
    }
    return this.prefillsLeft === 0 ? undefined : this.#planPrefills(running);
  }

  /**
   * The index of the request whose turn is first. A step that is smaller than its requests begins behind the last one that the step
   * before served, so that decodes take turns: each waits for at most as many steps as it takes to serve the others once.
   */
  firstTurn(running: readonly Entry[]): number {
    if (this.remaining >= running.length) return 0;
    const next = running.findIndex((entry) => entry.stay > this.#turn);
    return Math.max(0, next);
  }

  /** One token for a decode, where one is left; false where it lacks a block. */
  #decode(entry: Entry): boolean {
    this.decodeCount++;
    if (this.remaining === 0) return true;
    if (!this.#give(entry, 1)) return false;
    this.#lastServed = entry.stay;
    return true;
  }

  /** One token for a decode that is sure of its block; false where it gets none, and for prompts, which are counted for `planPrompts`. */
  takeDecode(entry: Entry): boolean {
    entry.chunk = 0;
    if (!this.#wants(entry)) return false;
    if (entry.gap > 1) {
      this.#countPrefill(entry);
      return false;
    }
    this.decodeCount++;
    if (this.remaining === 0) return false;
    entry.chunk = 1;
    this.remaining--;
    this.#lastServed = entry.stay;
    return true;
  }

  /** Sets the chunks of prompts that are sure of their blocks, after the decodes. */
  planPrompts(running: readonly Entry[]): void {
    this.#room = this.#kv.pool.availableCount;
    const needy = this.#planPrefills(running);
    assert(needy === undefined, () => `request ${needy!.label} lacks a block in a pool with room for everybody`);
  }

  /** One token each for decodes that are sure of their blocks and all want one. */
  takeDecodes(count: number): void {
    this.remaining -= count;
    this.decodeCount += count;
  }

  /** This one goes without in this step: it would have to preempt itself. */
  stall(entry: Entry): void {
    entry.stalledAt = this.#step;
    this.#stalled = true;
  }

  /** Tokens that a newcomer would get; `room` blocks are there beside those of its match. 0 for none. */
  offer(entry: Entry, matched: number, room: number): number {
    this.prefillsLeft = 1;
    this.gapLeft = entry.tokenCount - matched;
    const wanted = this.#chunkOf(entry, this.gapLeft);
    return Math.min(wanted, this.#kv.tokensThatFit(matched, room));
  }

  /** The newcomer takes its offer. */
  take(chunk: number): void {
    this.remaining -= chunk;
  }

  /** Nothing is shared out, nobody is counted. */
  #restart(): void {
    this.remaining = this.budget;
    this.decodeCount = 0;
    this.prefillsLeft = 0;
    this.gapLeft = 0;
  }

  #planPrefills(running: readonly Entry[]): Entry | undefined {
    for (let i = 0; i < running.length && this.remaining > 0; i++) {
      const entry = running[i];
      if (entry.gap <= 1 || !this.#wants(entry)) continue;
      const wanted = this.#chunkOf(entry, entry.gap);
      this.prefillsLeft--;
      this.gapLeft -= entry.gap;
      const chunk = Math.min(wanted, this.#kv.tokensThatFit(entry.computedTokenCount, this.#room));
      if (wanted > 0 && (chunk === 0 || !this.#give(entry, chunk))) return entry;
    }
    return undefined;
  }

  #countPrefill(entry: Entry): void {
    this.prefillsLeft++;
    this.gapLeft += entry.gap;
  }

  #wants(entry: Entry): boolean {
    return !entry.complete && !(entry.serial && entry.pendingCount > 0) && entry.stalledAt !== this.#step && (this.#only === undefined || this.#only === entry);
  }

  #chunkOf(entry: Entry, gap: number): number {
    const chunk = gap === 1 ? 1 : Math.min(this.#chunking.chunk(entry, gap, this), this.#longPrefillThreshold);
    const isAlone = this.remaining === this.budget && this.decodeCount === 0 && this.prefillsLeft === 1;
    const isAllowed = Number.isInteger(chunk) && chunk >= (isAlone ? 1 : 0) && chunk <= gap && chunk <= this.remaining;
    if (!isAllowed) throw new InvalidPolicyError(`chunk policy ${this.#chunking.name} gave ${chunk} of ${gap} tokens, ${this.remaining} remain${isAlone ? " and no other request takes any" : ""}`);
    return chunk;
  }

  /** Puts a chunk into the step, if there are blocks for it. */
  #give(entry: Entry, chunk: number): boolean {
    const sequence = entry.sequence!;
    const end = entry.computedTokenCount + chunk;
    if (end > sequence.capacity || sequence.forked) {
      const needed = this.#kv.blocksToExtend(sequence, end) + this.#kv.blocksToUnshare(sequence, entry.computedTokenCount);
      if (needed > this.#room) return false;
      this.#room -= needed;
    }
    entry.chunk = chunk;
    this.remaining -= chunk;
    return true;
  }
}
