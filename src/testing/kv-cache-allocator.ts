import type { Sequence } from "../blocks/block-table.ts";
import type { EvictionPolicy } from "../blocks/eviction.ts";
import type { IntList } from "../blocks/int-list.ts";
import { KvCache } from "../blocks/kv-cache.ts";
import type { BlockHash } from "../blocks/block-hash.ts";
import { StepJournal } from "../blocks/step-journal.ts";
import { NULL_BLOCK } from "../config.ts";
import { lru } from "../policies/eviction/lru.ts";
import type { Allocation, Allocator, AllocatorSizes, BlockCounts, Domain } from "./allocator/allocator.ts";
import type { BlockPair, PlanMoves } from "./make-plan.ts";

interface Holder {
  readonly kv: Sequence;
  readonly domain: number;
  readonly tokens: Int32Array;
  count: number;
  /** Not freed yet. */
  isHere: boolean;
}

/** What a step has to take back when it fails. */
interface Step {
  readonly journal: StepJournal;
  readonly born: Holder[];
  readonly grown: { readonly holder: Holder; readonly from: number; readonly to: number }[];
}

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
  readonly capabilities = { paged: true, exact: true, prefixCache: true, sharesRunning: true, partialHits: true, fork: true, windows: true, groups: true, plans: true, reset: true, hostTier: true };
  readonly kv: KvCache;
  readonly #maxTokens: number;
  readonly #hostBlockCount: number;
  readonly #holders = new Map<number, Holder>();
  #open: Step = newStep();
  #reported: Reported = { copies: 0, swapOuts: 0, swapIns: 0 };
  readonly #onTheirWay: Step[] = [];

  constructor(sizes: AllocatorSizes, options: { readonly eviction?: EvictionPolicy; readonly hash?: BlockHash } = {}) {
    const { blockCount, blockSize, windows, hostBlockCount, maxTokens } = sizes;
    this.kv = new KvCache({ blockCount, blockSize, hostBlockCount, groups: windows.map((window) => ({ window })), eviction: options.eviction ?? lru(), hash: options.hash });
    this.#maxTokens = maxTokens;
    this.#hostBlockCount = hostBlockCount;
  }

  allocate(sequence: number, tokens: readonly number[], domain: Domain): Allocation | null {
    const { kv } = this;
    const holder = this.#holderIn(domain);
    holder.tokens.set(tokens);
    const { journal } = this.#open;
    const match = kv.lookup(holder.kv, holder.tokens, tokens.length, journal);
    const needed = (): number => kv.blocksToAttach(match) + kv.blocksBetween(match.tokenCount, tokens.length);
    if (match.partialNode !== 0 && needed() > kv.pool.availableCount) match.dropPartial();
    if (needed() > kv.pool.availableCount) {
      kv.prefixes.domains.release(holder.domain);
      return null;
    }
    const cachedTokens = kv.attach(holder.kv, match, journal);
    this.#holders.set(sequence, holder);
    this.#open.born.push(holder);
    this.#grow(holder, tokens.length);
    return { cachedTokens, ...this.#newMoves() };
  }

  append(sequence: number, tokens: readonly number[]): PlanMoves | null {
    const { kv } = this;
    const holder = this.#holders.get(sequence)!;
    const { count } = holder;
    const needed = kv.blocksToExtend(holder.kv, count + tokens.length) + kv.blocksToUnshare(holder.kv, count);
    if (needed > kv.pool.availableCount) return null;
    if (holder.kv.forked && count < holder.kv.capacity) kv.unshare(holder.kv, count, this.#open.journal);
    holder.tokens.set(tokens, count);
    this.#grow(holder, count + tokens.length);
    return this.#newMoves();
  }

  free(sequence: number): void {
    this.#drop(this.#holders.get(sequence)!);
    this.#holders.delete(sequence);
  }

  fork(sequence: number, child: number): PlanMoves {
    const parent = this.#holders.get(sequence)!;
    this.kv.prefixes.domains.retain(parent.domain);
    this.#holders.set(child, { ...parent, kv: this.kv.fork(parent.kv), tokens: parent.tokens.slice() });
    return {};
  }

  table(sequence: number, group: number): number[] {
    const { ids, count } = this.#holders.get(sequence)!.kv.tables[group];
    return Array.from(ids.subarray(0, count), (block) => (block === NULL_BLOCK ? -1 : block));
  }

  stats(): BlockCounts {
    const { freeCount, cachedCount, heldCount } = this.kv.pool;
    return { free: freeCount, cached: cachedCount, held: heldCount };
  }

  hostStats(): BlockCounts {
    const { storedCount } = this.kv.prefixes.host;
    return { free: this.#hostBlockCount - storedCount, cached: storedCount, held: 0 };
  }

  lookup(tokens: readonly number[], domain: Domain): number {
    const asker = this.#holderIn(domain);
    const { tokenCount } = this.kv.lookup(asker.kv, Int32Array.from(tokens), tokens.length, this.#open.journal);
    this.kv.prefixes.domains.release(asker.domain);
    return tokenCount;
  }

  issue(): void {
    this.kv.seal(this.#open.journal);
    this.#onTheirWay.push(this.#open);
    this.#open = newStep();
    this.#reported = { copies: 0, swapOuts: 0, swapIns: 0 };
  }

  commit(): void {
    const step = this.#onTheirWay.shift()!;
    this.kv.settle(step.journal);
    for (const { holder, to } of step.grown) if (holder.isHere) this.kv.slide(holder.kv, to);
  }

  rollback(): void {
    const step = this.#onTheirWay.pop()!;
    for (const [number, holder] of this.#holders) if (step.born.includes(holder)) this.free(number);
    for (const { holder, from } of step.grown.toReversed()) {
      if (!holder.isHere) continue;
      holder.count = from;
      this.kv.truncate(holder.kv, from);
    }
    this.kv.revert(step.journal);
  }

  reset(): void {
    this.kv.forgetPrefixes(Array.from(this.#holders.values(), ({ kv }) => kv));
    this.kv.dropHostTier();
  }

  bytes(): number {
    return this.kv.byteLength + this.kv.prefixes.domains.size;
  }

  checkInvariants(): void {
    this.kv.checkInvariants();
  }

  /** An empty holder in a domain that it holds. */
  #holderIn({ salt, adapterId }: Domain): Holder {
    const domain = this.kv.prefixes.domains.acquire(salt, adapterId);
    return { kv: this.kv.open({ maxTokens: this.#maxTokens, domain, cacheable: true }), domain, tokens: new Int32Array(this.#maxTokens), count: 0, isHere: true };
  }

  #grow(holder: Holder, count: number): void {
    const { journal } = this.#open;
    this.#open.grown.push({ holder, from: holder.count, to: count });
    this.kv.extend(holder.kv, count, journal);
    holder.count = count;
    this.kv.index(holder.kv, holder.tokens, count, journal);
  }

  #drop(holder: Holder): void {
    this.kv.clear(holder.kv);
    this.kv.prefixes.domains.release(holder.domain);
    holder.isHere = false;
  }

  /** Moves that the last operation added to the step. */
  #newMoves(): PlanMoves {
    const { copies, swapOuts, swapIns } = this.#open.journal;
    const moves = { copies: pairsFrom(copies, this.#reported.copies), swapOuts: pairsFrom(swapOuts, this.#reported.swapOuts), swapIns: pairsFrom(swapIns, this.#reported.swapIns) };
    this.#reported = { copies: copies.length, swapOuts: swapOuts.length, swapIns: swapIns.length };
    return moves;
  }
}

function newStep(): Step {
  return { journal: new StepJournal(), born: [], grown: [] };
}

function pairsFrom(list: IntList, start: number): BlockPair[] {
  const pairs: BlockPair[] = [];
  for (let i = start; i < list.length; i += 2) pairs.push([list.at(i), list.at(i + 1)]);
  return pairs;
}
