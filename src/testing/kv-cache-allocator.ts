import { assert } from "../assert.ts";
import type { EvictionPolicy } from "../blocks/eviction.ts";
import type { IntList } from "../collections/int-list.ts";
import { KvCache } from "../blocks/kv-cache.ts";
import type { BlockHash } from "../blocks/block-hash.ts";
import { StepJournal } from "../blocks/step-journal.ts";
import { lru } from "../policies/eviction/lru.ts";
import type { Allocation, Allocator, AllocatorSizes, BlockCounts, Domain } from "./allocator/allocator.ts";
import type { BlockPair, PlanMoves } from "./make-plan.ts";

interface Holder {
  /** Its place in the tables; `NONE` once it is freed. */
  slot: number;
  readonly domain: number;
  readonly tokens: Int32Array;
  count: number;
}

/** What a step has to take back when it fails. */
interface Step {
  readonly journal: StepJournal;
  readonly born: Holder[];
  readonly grown: { readonly holder: Holder; readonly from: number; readonly to: number }[];
}

const NONE = -1;

/** Sequences that hold blocks at a time: the drives have fewer. */
const SLOTS = 1024;

/** Pairs of each of a journal's lists that were reported as moves so far. */
interface Reported {
  copies: number;
  swapOuts: number;
  swapIns: number;
}

/**
 * `KvCache` behind the kit's interface: does what the scheduler does, without requests and budgets. Give it an eviction
 * policy of your own to test that.
 */
export class KvCacheAllocator implements Allocator {
  readonly capabilities = {
    paged: true,
    exact: true,
    prefixCache: true,
    sharesRunning: true,
    partialHits: true,
    fork: true,
    forkInFlight: true,
    windows: true,
    groups: true,
    plans: true,
    reset: true,
    hostTier: true,
  };
  readonly kv: KvCache;
  readonly #maxTokens: number;
  readonly #hostBlockCount: number;
  readonly #holders = new Map<number, Holder>();
  readonly #freeSlots: number[];
  #open: Step = newStep();
  #reported: Reported = { copies: 0, swapOuts: 0, swapIns: 0 };
  readonly #onTheirWay: Step[] = [];

  constructor(sizes: AllocatorSizes, options: { readonly eviction?: EvictionPolicy; readonly hash?: BlockHash } = {}) {
    const { blockCount, blockSize, windows, hostBlockCount, maxTokens } = sizes;
    const groups = windows.map((window) => ({ window }));
    const slotCount = SLOTS;
    this.kv = new KvCache({
      blockCount,
      blockSize,
      hostBlockCount,
      groups,
      slotCount,
      maxTokens,
      eviction: options.eviction ?? lru(),
      hash: options.hash,
    });
    this.#maxTokens = maxTokens;
    this.#hostBlockCount = hostBlockCount;
    this.#freeSlots = Array.from({ length: slotCount }, (_, i) => slotCount - 1 - i);
  }

  allocate(sequence: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const { kv } = this;
    const { journal } = this.#open;
    const number = kv.prefixes.domains.acquire(domain.salt, domain.adapterId);
    const known = new Int32Array(this.#maxTokens);
    known.set(tokens);
    const match = kv.lookup(number, known, tokens.length, journal);
    const needed = (): number => match.blocksTaken(kv.pool) + kv.blocksBetween(match.tokenCount, tokens.length);
    if (match.partialNode !== 0 && needed() > kv.pool.availableCount) match.dropPartial();
    if (needed() > kv.pool.availableCount) {
      kv.prefixes.domains.release(number);
      return null;
    }
    const holder = { slot: this.#openSlot(number), domain: number, tokens: known, count: 0 };
    const cachedTokens = match.tokenCount;
    match.attach(holder.slot, kv, journal);
    this.#holders.set(sequence, holder);
    this.#open.born.push(holder);
    this.#grow(holder, cachedTokens, tokens.length);
    return { cachedTokens, ...this.#newMoves() };
  }

  append(sequence: number, tokens: readonly number[]): PlanMoves | null {
    const { kv } = this;
    const holder = this.#holders.get(sequence)!;
    const { slot, count } = holder;
    if (kv.tables.blocksToReserve(slot, count, count + tokens.length) > kv.pool.availableCount) return null;
    holder.tokens.set(tokens, count);
    this.#grow(holder, count, count + tokens.length);
    return this.#newMoves();
  }

  free(sequence: number): void {
    this.#drop(this.#holders.get(sequence)!);
    this.#holders.delete(sequence);
  }

  fork(sequence: number, child: number): PlanMoves {
    const parent = this.#holders.get(sequence)!;
    this.kv.prefixes.domains.retain(parent.domain);
    const slot = this.#openSlot(parent.domain);
    this.kv.tables.fork(parent.slot, slot, parent.count);
    const born: Holder = { ...parent, slot, tokens: parent.tokens.slice() };
    this.#holders.set(child, born);
    this.#open.born.push(born);
    // It has what steps on their way compute of its parent: its windows slide when they are done, too.
    for (const { grown } of [...this.#onTheirWay, this.#open]) {
      for (const { holder, from, to } of grown.slice()) if (holder === parent) grown.push({ holder: born, from, to });
    }
    return {};
  }

  table(sequence: number, group: number): number[] {
    const { slot } = this.#holders.get(sequence)!;
    const { counts, groups } = this.kv.tables;
    return Array.from({ length: counts[slot] }, (_, index) =>
      index < groups[group].first[slot] ? -1 : groups[group].get(slot, index),
    );
  }

  stats(): BlockCounts {
    const { freeCount, cachedCount, heldCount } = this.kv.pool;
    return { free: freeCount, cached: cachedCount, held: heldCount };
  }

  hostStats(): BlockCounts {
    const { storedCount } = this.kv.prefixes.host;
    return { free: this.#hostBlockCount - storedCount, cached: storedCount, held: 0 };
  }

  lookup(tokens: readonly number[], { salt, adapterId }: Domain): number {
    const { domains } = this.kv.prefixes;
    const domain = domains.acquire(salt, adapterId);
    const { tokenCount } = this.kv.lookup(domain, Int32Array.from(tokens), tokens.length, this.#open.journal);
    domains.release(domain);
    return tokenCount;
  }

  issue(): void {
    this.kv.transactions.seal(this.#open.journal);
    this.#onTheirWay.push(this.#open);
    this.#open = newStep();
    this.#reported = { copies: 0, swapOuts: 0, swapIns: 0 };
  }

  commit(): void {
    const step = this.#onTheirWay.shift()!;
    this.kv.transactions.commit(step.journal);
    for (const { holder, to } of step.grown) if (holder.slot !== NONE) this.kv.tables.slide(holder.slot, to);
  }

  rollback(): void {
    const step = this.#onTheirWay.pop()!;
    for (const [number, holder] of this.#holders) if (step.born.includes(holder)) this.free(number);
    for (const { holder, from } of step.grown.toReversed()) {
      if (holder.slot === NONE) continue;
      holder.count = from;
      this.kv.tables.truncate(holder.slot, from);
    }
    this.kv.transactions.rollBack(step.journal);
  }

  reset(): void {
    this.kv.forgetPrefixes();
    this.kv.prefixes.dropHostTier();
  }

  bytes(): number {
    return this.kv.byteLength + this.kv.prefixes.domains.size;
  }

  checkInvariants(): void {
    this.kv.checkInvariants();
  }

  #openSlot(domain: number): number {
    const slot = this.#freeSlots.pop();
    assert(slot !== undefined, () => `more than ${SLOTS} sequences hold blocks`);
    this.kv.tables.open(slot, domain, true);
    return slot;
  }

  #grow(holder: Holder, start: number, count: number): void {
    const { journal } = this.#open;
    this.#open.grown.push({ holder, from: holder.count, to: count });
    this.kv.tables.reserve(holder.slot, start, count, journal);
    holder.count = count;
    this.kv.transactions.index(holder.slot, holder.tokens, count, journal);
  }

  #drop(holder: Holder): void {
    this.kv.tables.release(holder.slot);
    this.kv.prefixes.domains.release(holder.domain);
    this.#freeSlots.push(holder.slot);
    holder.slot = NONE;
  }

  /** Moves that the last operation added to the step. */
  #newMoves(): PlanMoves {
    const { copies, swapOuts, swapIns } = this.#open.journal;
    const moves = {
      copies: pairsFrom(copies, this.#reported.copies),
      swapOuts: pairsFrom(swapOuts, this.#reported.swapOuts),
      swapIns: pairsFrom(swapIns, this.#reported.swapIns),
    };
    this.#reported = { copies: copies.length, swapOuts: swapOuts.length, swapIns: swapIns.length };
    return moves;
  }
}

function newStep(): Step {
  return { journal: new StepJournal(), born: [], grown: [] };
}

function pairsFrom(list: IntList, start: number): BlockPair[] {
  const pairs: BlockPair[] = [];
  for (let i = start; i < list.length; i += 2) pairs.push([list.items[i], list.items[i + 1]]);
  return pairs;
}
