import { DEFAULT_MAX_REQUESTS, DEFAULT_TOKEN_BUDGET, MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { blocksHeld } from "./accounting.ts";
import { BlockPool } from "./block-pool.ts";
import { BlockSupply } from "./block-supply.ts";
import { BlockTables } from "./block-tables.ts";
import type { KvEvent } from "./events.ts";
import { poolMap, type PoolMap } from "./inspect.ts";
import { checkKvCacheOptions, type KvCacheOptions } from "./kv-cache-options.ts";
import { nodeRoom } from "./node-room.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { PrefixMatch } from "./prefix-match.ts";
import { PrefixTree } from "./prefix-tree.ts";
import type { StepJournal } from "./step-journal.ts";
import { Transactions } from "./transaction.ts";

/** A beginning, and the domain in which it may be shared. */
export interface PrefixQuery {
  readonly tokens: Int32Array;
  readonly salt: string;
  readonly adapterId: number;
}

/**
 * The KV cache's book-keeping: which request holds which block, and which prefixes are cached. It stores no keys or
 * values.
 *
 * A request opens a slot of `tables`, attaches the cached prefix of its tokens, reserves blocks before each step, and
 * releases the slot at the end. `transactions` indexes blocks when the plan that computes them is made, and undoes that
 * when the plan fails.
 *
 * Law, after every call: free + cached + held = blockCount; with no open slot and no plan in flight, held = 0.
 */
export class KvCache {
  readonly blockSize: number;
  readonly groups: readonly { readonly window: number | null }[];
  /** Whether some group has a sliding window. */
  readonly windowed: boolean;
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
  readonly tables: BlockTables;
  readonly transactions: Transactions;
  readonly supply: BlockSupply;
  readonly #match: PrefixMatch;

  /** Throws `InvalidOptionError` that names the option. */
  constructor(options: KvCacheOptions) {
    checkKvCacheOptions(options);
    const {
      blockCount,
      blockSize,
      groups = [{ window: null }],
      hostBlockCount = 0,
      worthSwapping = () => true,
    } = options;
    const { slotCount = DEFAULT_MAX_REQUESTS, maxTokens = DEFAULT_TOKEN_BUDGET } = options;
    this.blockSize = blockSize;
    this.groups = groups;
    this.windowed = groups.some((group) => group.window !== null);
    const pool = new BlockPool(blockCount);
    const { eviction, hash, onEvent, onEvict, onError = throwAtOnce } = options;
    const prefixes = new PrefixCache({
      pool,
      blockSize,
      groups,
      ...nodeRoom(blockCount + hostBlockCount, this.windowed),
      eviction,
      hash,
      hostBlockCount,
      onEvent,
      onError,
    });
    this.pool = pool;
    this.prefixes = prefixes;
    this.supply = new BlockSupply({ pool, prefixes, worthSwapping, onEvict });
    this.tables = new BlockTables({
      pool,
      prefixes,
      supply: this.supply,
      groups,
      blockSize,
      slotCount,
      tokensInFlight: MAX_PLANS_IN_FLIGHT * maxTokens,
    });
    this.transactions = new Transactions({ pool, prefixes, tables: this.tables });
    this.#match = new PrefixMatch(prefixes, groups);
  }

  /**
   * The longest cached prefix of `tokens[0 .. tokenCount - 1)` in a domain: the last token is always computed, because
   * its logits are needed. Changes nothing; valid until the next call. `journal`: of the plan under construction.
   */
  lookup(domain: number, tokens: Int32Array, tokenCount: number, journal?: StepJournal): PrefixMatch {
    this.#match.search(PrefixTree.rootOf(domain), tokens, tokenCount - 1, journal);
    return this.#match;
  }

  /** An empty match, for a request that skips the prefix cache. Valid until the next call or `lookup`. */
  noMatch(): PrefixMatch {
    this.#match.clear();
    return this.#match;
  }

  /** How many tokens of a prefix are cached, without the last token. An earlier match is void afterwards. */
  cachedTokens({ tokens, salt, adapterId }: PrefixQuery): number {
    const { domains } = this.prefixes;
    // An unused domain gets a new number, under which nothing is found.
    const domain = domains.acquire(salt, adapterId);
    try {
      return this.lookup(domain, tokens, tokens.length).tokenCount;
    } finally {
      domains.release(domain);
    }
  }

  /**
   * Available blocks, of all groups, that a request which takes the match needs until its `tokenCount` tokens are
   * computed: in groups with a window no more than it holds at a time, with one block for each plan in flight. Chunks
   * are cut to the available blocks.
   */
  blocksToAdmit(match: PrefixMatch, tokenCount: number): number {
    const blocks = Math.ceil(tokenCount / this.blockSize) - Math.ceil(match.tokenCount / this.blockSize);
    let needed = 0;
    for (let group = 0; group < this.groups.length; group++) {
      needed += Math.min(
        match.blocksTakenIn(group, this.pool) + blocks,
        mostHeld(tokenCount, this.blockSize, this.groups[group].window),
      );
    }
    return needed;
  }

  /**
   * Blocks, of all groups, that the request at a slot lacks until `tokenCount` tokens are computed; windows as above.
   */
  blocksToComplete(slot: number, tokenCount: number): number {
    const { counts, groups } = this.tables;
    const blocks = Math.ceil(tokenCount / this.blockSize) - counts[slot];
    if (blocks <= 0) return 0;
    let needed = 0;
    for (let group = 0; group < groups.length; group++) {
      const held = counts[slot] - groups[group].first[slot];
      needed += Math.max(0, Math.min(blocks, mostHeld(tokenCount, this.blockSize, groups[group].window) - held));
    }
    return needed;
  }

  /**
   * Blocks, of all groups, between a match of `matched` tokens and the end of `tokenCount` tokens, without regard to
   * windows.
   */
  blocksBetween(matched: number, tokenCount: number): number {
    return (Math.ceil(tokenCount / this.blockSize) - Math.ceil(matched / this.blockSize)) * this.groups.length;
  }

  /** Tokens that follow `held` tokens into the rest of their last block and into `room` more blocks of all groups. */
  tokensThatFit(held: number, room: number): number {
    const blocks = Math.ceil(held / this.blockSize) + Math.floor(Math.max(0, room) / this.groups.length);
    return blocks * this.blockSize - held;
  }

  /** Most blocks, of all groups, that one request of `tokenCount` tokens needs at a time. */
  blocksFor(tokenCount: number): number {
    let blocks = 0;
    for (const { window } of this.groups) blocks += blocksHeld(tokenCount, this.blockSize, window);
    return blocks;
  }

  /** Empties the whole prefix cache, held blocks included: slots that hold blocks index no more. */
  forgetPrefixes(): void {
    this.tables.detachAll();
    this.prefixes.dropAll();
  }

  /** The stored events that lead to the present index, parents first; undefined without a listener. O(blocks). */
  snapshot(): KvEvent[] | undefined {
    return this.prefixes.events?.snapshot();
  }

  /** The pool at a glance, for people. O(blockCount). */
  inspect(): PoolMap {
    return poolMap(this.pool);
  }

  /** Bytes of all columns: references, links, index, tokens. */
  get byteLength(): number {
    return this.pool.byteLength + this.prefixes.byteLength;
  }

  /** O(blockCount), throws on the first broken law. */
  checkInvariants(): void {
    this.pool.checkInvariants();
    this.prefixes.checkInvariants();
  }
}

/**
 * Blocks of one group that a request holds at a time, with one for each plan in flight; no bound where its layers see
 * everything.
 */
function mostHeld(tokenCount: number, blockSize: number, window: number | null): number {
  return window === null ? Number.POSITIVE_INFINITY : blocksHeld(tokenCount, blockSize, window) + MAX_PLANS_IN_FLIGHT;
}

function throwAtOnce(error: unknown): never {
  throw error;
}
