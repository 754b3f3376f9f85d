import { expect } from "vitest";
import type { KvCache } from "../../src/blocks/kv-cache.ts";
import type { KvCacheOptions } from "../../src/blocks/kv-cache-options.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { NULL_BLOCK } from "../../src/config.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { SlotCache, type SlotView } from "./slot-cache.ts";

/** A request of a cache drive: its tokens, all computed but for those of the plan under way. */
export interface Holder {
  readonly sequence: SlotView;
  readonly domain: number;
  readonly tokens: number[];
  computed: number;
}

/** Longest sequence of a drive. */
const MAX_TOKENS = 64;

/**
 * A KV cache and the memory behind it, step by step: after each plan, every table must lead to its request's own
 * tokens, and every block be held by exactly the tables that name it.
 */
export class CacheDrive {
  readonly kv: KvCache;
  readonly cache: SlotCache;
  readonly holders: Holder[] = [];
  readonly #journal = new StepJournal();
  /** By slot: which token at which position was written there. */
  readonly #device: number[];
  readonly #host: number[];
  /** What the plan under way writes: done when it runs. */
  #writes: (() => void)[] = [];
  /** How to take the plan under way back, newest last. */
  #undo: (() => void)[] = [];

  constructor(options: Partial<KvCacheOptions> = {}) {
    this.cache = new SlotCache({ blockCount: 12, blockSize: 2, eviction: lru(), ...options });
    this.kv = this.cache.kv;
    this.#device = new Array<number>((this.kv.pool.blockCount + 1) * this.kv.blockSize).fill(-1);
    this.#host = new Array<number>(((options.hostBlockCount ?? 0) + 1) * this.kv.blockSize).fill(-1);
  }

  /**
   * Lets a new request in with its prompt, if there is room; returns how many tokens it took from the cache, -1 for no
   * room.
   */
  admit(prompt: readonly number[], options: { salt?: string; cacheable?: boolean } = {}): number {
    const { kv, cache } = this;
    const domain = kv.prefixes.domains.acquire(options.salt ?? "", 0);
    const sequence = cache.open({ domain, cacheable: options.cacheable ?? true });
    const match = cache.lookup(sequence, new Int32Array(prompt), prompt.length, this.#journal);
    const needed = (): number => match.blocksTaken(kv.pool) + kv.blocksBetween(match.tokenCount, prompt.length);
    if (match.partialNode !== 0 && needed() > kv.pool.availableCount) match.dropPartial();
    if (needed() > kv.pool.availableCount) {
      cache.clear(sequence);
      kv.prefixes.domains.release(domain);
      return -1;
    }
    const computed = cache.attach(sequence, match, this.#journal);
    const holder: Holder = { sequence, domain, tokens: [...prompt], computed };
    this.holders.push(holder);
    this.#undo.push(() => this.end(holder));
    this.#compute(holder);
    return computed;
  }

  /** One more plan's tokens of a request, if there is room. */
  advance(holder: Holder, tokens: readonly number[]): boolean {
    const { kv, cache } = this;
    const { sequence, computed } = holder;
    const end = holder.tokens.length + tokens.length;
    const needed = kv.tables.blocksToReserve(sequence.slot, computed, end);
    if (end > MAX_TOKENS || needed > kv.pool.availableCount) return false;
    holder.tokens.push(...tokens);
    this.#undo.push(() => {
      holder.tokens.length = computed;
      holder.computed = computed;
      cache.truncate(sequence, computed);
    });
    this.#compute(holder);
    return true;
  }

  /** A sibling with the same tokens. */
  fork(holder: Holder): Holder {
    this.kv.prefixes.domains.retain(holder.domain);
    const sibling: Holder = {
      ...holder,
      sequence: this.cache.fork(holder.sequence, holder.computed),
      tokens: [...holder.tokens],
    };
    this.holders.push(sibling);
    return sibling;
  }

  end(holder: Holder): void {
    this.cache.clear(holder.sequence);
    this.kv.prefixes.domains.release(holder.domain);
    this.holders.splice(this.holders.indexOf(holder), 1);
  }

  /** The plan runs and is committed. */
  commit(): void {
    this.cache.seal(this.#journal);
    this.#run();
    this.cache.commit(this.#journal);
    for (const holder of this.holders) this.cache.slide(holder.sequence, holder.computed);
    this.#close();
  }

  /** The plan fails; it may have run nevertheless. */
  rollBack(ran: boolean): void {
    this.cache.seal(this.#journal);
    if (ran) this.#run();
    for (const undo of this.#undo.toReversed()) undo();
    this.cache.rollBack(this.#journal);
    this.#close();
  }

  /** Throws where a law is broken: between plans. */
  check(): void {
    const { pool } = this.kv;
    expect(pool.freeCount + pool.cachedCount + pool.heldCount).toBe(pool.blockCount);
    this.kv.checkInvariants();
    const references = new Map<number, number>();
    for (const { sequence, tokens, computed } of this.holders) {
      expect([tokens.length, sequence.adoptions.length]).toEqual([computed, 0]);
      for (const { ids, first, count } of sequence.tables) {
        for (let index = first; index < count; index++) {
          references.set(ids[index], (references.get(ids[index]) ?? 0) + 1);
          this.#checkContents(ids[index], index, tokens);
        }
      }
    }
    for (let block = 1; block <= pool.blockCount; block++) {
      expect([block, pool.references[block]]).toEqual([block, references.get(block) ?? 0]);
    }
  }

  /** The match that a lookup finds; and what a search through all that is cached says that it should find. */
  lookup(tokens: readonly number[], salt = ""): { found: number; expected: number } {
    const { kv } = this;
    const { domains } = kv.prefixes;
    const domain = domains.acquire(salt, 0);
    const { tokenCount } = kv.lookup(domain, new Int32Array(tokens), tokens.length, this.#journal);
    const expected = longestMatch(kv, domain, tokens.slice(0, -1));
    domains.release(domain);
    return { found: tokenCount, expected };
  }

  #compute(holder: Holder): void {
    const { sequence, tokens } = holder;
    this.cache.extend(sequence, tokens.length, this.#journal, holder.computed);
    const size = this.kv.blockSize;
    for (const table of sequence.tables) {
      for (let position = holder.computed; position < tokens.length; position++) {
        const slot = table.ids[Math.floor(position / size)] * size + (position % size);
        const content = contentOf(tokens[position], position);
        this.#writes.push(() => (this.#device[slot] = content));
      }
    }
    holder.computed = tokens.length;
    this.cache.index(sequence, new Int32Array(tokens), tokens.length, this.#journal);
  }

  /** Swap out, swap in, copy, write. */
  #run(): void {
    const { swapOuts, swapIns, copies } = this.#journal;
    this.#move(swapOuts, this.#device, this.#host);
    this.#move(swapIns, this.#host, this.#device);
    this.#move(copies, this.#device, this.#device);
    for (const write of this.#writes) write();
  }

  #move(pairs: StepJournal["copies"], from: readonly number[], to: number[]): void {
    const size = this.kv.blockSize;
    const moved = Array.from({ length: pairs.length / 2 }, (_, i) =>
      from.slice(pairs.items[2 * i] * size, (pairs.items[2 * i] + 1) * size),
    );
    for (const [i, content] of moved.entries()) to.splice(pairs.items[2 * i + 1] * size, size, ...content);
  }

  #close(): void {
    this.#writes = [];
    this.#undo = [];
  }

  #checkContents(block: number, index: number, tokens: readonly number[]): void {
    const size = this.kv.blockSize;
    for (let position = index * size; position < Math.min((index + 1) * size, tokens.length); position++) {
      expect([block, position, this.#device[block * size + (position % size)]]).toEqual([
        block,
        position,
        contentOf(tokens[position], position),
      ]);
    }
  }
}

function contentOf(token: number, position: number): number {
  return 1000 * position + token;
}

/**
 * Tokens of the longest beginning that all groups can take: whole blocks, then part of one more that is on the device.
 */
function longestMatch(kv: KvCache, domain: number, tokens: readonly number[]): number {
  const { tree } = kv.prefixes;
  const size = kv.blockSize;
  const nodes = new Map<string, number>();
  const children = new Map<string, number[]>();
  tree.checkInvariants((node) => {
    const path = pathOf(kv, node);
    if (tree.domainOf(node) !== domain) return;
    nodes.set(path.join(), node);
    const parent = path.slice(0, -size).join();
    children.set(parent, [...(children.get(parent) ?? []), node]);
  });
  let blocks = Math.floor(tokens.length / size);
  while (blocks > 0 && !canTake(kv, nodes, tokens, blocks)) blocks--;
  const whole = blocks * size;
  const rest = tokens.slice(whole, whole + size);
  const onDevice = (children.get(tokens.slice(0, whole).join()) ?? []).filter((node) =>
    kv.groups.every((_, group) => kv.prefixes.blockOf(group, node) !== NULL_BLOCK),
  );
  return whole + Math.max(0, ...onDevice.map((node) => commonLength(tree.tokensOf(node), rest)));
}

/** Whether every group has the blocks that the token after so many blocks sees, and the last one. */
function canTake(kv: KvCache, nodes: ReadonlyMap<string, number>, tokens: readonly number[], blocks: number): boolean {
  const path = Array.from({ length: blocks }, (_, index) =>
    nodes.get(tokens.slice(0, (index + 1) * kv.blockSize).join()),
  );
  if (path.includes(undefined)) return false;
  return kv.groups.every(({ window }, group) => {
    const resident = path.map((node) => kv.prefixes.isResident(group, node!));
    const seen = (index: number): boolean =>
      index === blocks - 1 || window === null || (index + 1) * kv.blockSize > blocks * kv.blockSize - window + 1;
    return resident.every((is, index) => is || !seen(index));
  });
}

function pathOf(kv: KvCache, node: number): number[] {
  const { tree } = kv.prefixes;
  return node < 0 ? [] : [...pathOf(kv, tree.parentOf(node)), ...tree.tokensOf(node)];
}

function commonLength(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}
