import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KvCache } from "../../src/blocks/kv-cache.ts";
import type { KvCacheOptions } from "../../src/blocks/kv-cache-options.ts";
import type { KvEvent } from "../../src/blocks/events.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { InvalidOptionError } from "../../src/errors.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { CacheDrive } from "../support/cache-drive.ts";
import { SlotCache } from "../support/slot-cache.ts";
import { cachePlan, runCachePlan } from "../support/cache-programs.ts";

const shapes: [string, Partial<KvCacheOptions>][] = [
  ["one group", {}],
  ["one group, blocks of one token", { blockSize: 1, blockCount: 20 }],
  ["one group, a constant hash", { hash: () => 3 }],
  ["a window", { groups: [{ window: 3 }] }],
  ["two groups, one with a window", { blockCount: 16, groups: [{ window: null }, { window: 3 }] }],
  ["a host tier", { blockCount: 8, hostBlockCount: 6 }],
  ["two groups and a host tier", { blockCount: 12, hostBlockCount: 4, groups: [{ window: 4 }, { window: null }] }],
];

describe("KvCache", () => {
  test.each(shapes)(
    "%s: after any program the counts add up, tables lead to their own tokens, and lookups find the longest match",
    (_name, options) => {
      fc.assert(
        fc.property(fc.array(cachePlan, { maxLength: 40 }), (plans) => {
          const drive = new CacheDrive(options);
          for (const each of plans) runCachePlan(drive, each);
          for (const holder of drive.holders.slice()) drive.end(holder);
          expect(drive.kv.pool.heldCount).toBe(0);
          drive.check();
          drive.kv.prefixes.dropCached();
          expect(drive.kv.pool.freeCount).toBe(drive.kv.pool.blockCount);
          if (options.hostBlockCount === undefined) {
            expect([drive.kv.prefixes.tree.size, drive.kv.prefixes.domains.size]).toEqual([0, 0]);
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});

/** A cache of 8 blocks of 4 tokens, and what tests do with it. */
function setUp(options: Partial<KvCacheOptions> = {}) {
  const cache = new SlotCache({ blockCount: 8, blockSize: 4, maxTokens: 16, eviction: lru(), ...options });
  const { kv } = cache;
  const journal = new StepJournal();
  const domain = kv.prefixes.domains.acquire("", 0);
  const open = (cacheable = true, inDomain = domain) => cache.open({ domain: inDomain, cacheable });
  /** Computes and caches the tokens; the sequence holds them. */
  const hold = (ids: readonly number[], cacheable = true) => {
    const sequence = open(cacheable);
    cache.extend(sequence, ids.length, journal);
    cache.index(sequence, new Int32Array(ids), ids.length, journal);
    cache.commit(journal);
    return sequence;
  };
  const lookup = (ids: readonly number[], sequence = open()) =>
    cache.lookup(sequence, new Int32Array(ids), ids.length, journal);
  return { cache, kv, journal, domain, open, hold, lookup };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function gauges({ pool }: KvCache): number[] {
  return [pool.freeCount, pool.cachedCount, pool.heldCount];
}

describe("KvCache step by step", () => {
  test("a prompt that comes again takes its whole blocks, and computes at least its last token", () => {
    const { cache, kv, journal, open, hold, lookup } = setUp();
    cache.clear(hold(upTo(8)));
    expect(gauges(kv)).toEqual([6, 2, 0]);
    expect(lookup(upTo(12))).toMatchObject({ blockCount: 2, partialNode: 0, tokenCount: 8 });
    const match = lookup(upTo(8));
    expect(match).toMatchObject({ blockCount: 1, tokenCount: 7 });
    expect([match.partialNode > 0, match.blocksTaken(kv.pool), gauges(kv)]).toEqual([true, 3, [6, 2, 0]]);
    const sequence = open();
    expect(cache.attach(sequence, match, journal)).toBe(7);
    expect([sequence.capacity, sequence.indexedBlocks, journal.copies.length, journal.sources.length]).toEqual([
      8, 1, 2, 1,
    ]);
    expect(gauges(kv)).toEqual([5, 0, 3]);
    cache.seal(journal);
    cache.commit(journal);
    expect(gauges(kv)).toEqual([5, 1, 2]);
  });

  test("a partial match may be left out", () => {
    const { cache, kv, hold, lookup } = setUp();
    cache.clear(hold(upTo(8)));
    const match = lookup(upTo(8));
    match.dropPartial();
    expect([match.tokenCount, match.partialNode, match.blocksTaken(kv.pool)]).toEqual([4, 0, 1]);
  });

  test("nothing is shared between domains, nor with a request that wants no sharing", () => {
    const { cache, kv, open, hold, lookup } = setUp();
    cache.clear(hold(upTo(8)));
    const salted = kv.prefixes.domains.acquire("salt", 0);
    const adapted = kv.prefixes.domains.acquire("", 1);
    expect([
      lookup(upTo(12), open(true, salted)).tokenCount,
      lookup(upTo(12), open(true, adapted)).tokenCount,
      lookup(upTo(12), open(false)).tokenCount,
    ]).toEqual([0, 0, 0]);
    cache.clear(
      hold(
        upTo(20).map((id) => id + 50),
        false,
      ),
    );
    expect(lookup(upTo(20).map((id) => id + 50)).tokenCount).toBe(0);
  });

  test("what the plan under construction computes can be shared whole, and is no source of a copy", () => {
    const { cache, journal, open, lookup } = setUp();
    const sequence = open();
    cache.extend(sequence, 8, journal);
    cache.index(sequence, new Int32Array(upTo(8)), 8, journal);
    expect(lookup(upTo(8))).toMatchObject({ blockCount: 1, partialNode: 0, tokenCount: 4 });
    cache.commit(journal);
    expect(lookup(upTo(8)).tokenCount).toBe(7);
  });

  test("a plan that fails takes out what it indexed, and only that", () => {
    const { cache, kv, journal, hold, lookup } = setUp();
    const sequence = hold(upTo(4));
    cache.extend(sequence, 8, journal);
    cache.index(sequence, new Int32Array(upTo(8)), 8, journal);
    expect(lookup(upTo(9)).tokenCount).toBe(8);
    cache.truncate(sequence, 4);
    cache.rollBack(journal);
    expect([lookup(upTo(9)).tokenCount, sequence.indexedBlocks, sequence.capacity, gauges(kv)]).toEqual([
      4,
      1,
      4,
      [7, 0, 1],
    ]);
  });

  test("a request that computed an equal block takes the one that is there, at commit", () => {
    const { cache, kv, journal, open, hold } = setUp();
    const [first, second] = [hold(upTo(4)), open()];
    cache.extend(second, 4, journal);
    const own = second.tables[0].ids[0];
    cache.index(second, new Int32Array(upTo(4)), 4, journal);
    expect([second.adoptions.length, second.tables[0].ids[0]]).toEqual([1, own]);
    cache.commit(journal);
    expect(second.tables[0].ids[0]).toBe(first.tables[0].ids[0]);
    expect(gauges(kv)).toEqual([7, 0, 1]);
  });

  test("the block that was let go first is given up first, a chain's tail before its head", () => {
    const { cache, journal, open, hold, lookup } = setUp({ blockCount: 4 });
    cache.clear(hold(upTo(8)));
    cache.clear(hold(upTo(8).map((id) => id + 50)));
    cache.extend(open(false), 4, journal);
    expect([lookup(upTo(9)).tokenCount, lookup(upTo(9).map((id) => id + 50)).tokenCount]).toEqual([4, 8]);
    cache.extend(open(false), 4, journal);
    expect([lookup(upTo(9)).tokenCount, lookup(upTo(9).map((id) => id + 50)).tokenCount]).toEqual([0, 8]);
  });

  test("siblings share all blocks until one of them writes; the old block is held until the copy is made", () => {
    const { cache, kv, journal, hold } = setUp();
    const sequence = hold(upTo(6));
    const sibling = cache.fork(sequence);
    expect([gauges(kv), [...sibling.tables[0].ids]]).toEqual([[6, 0, 2], [...sequence.tables[0].ids]]);
    expect([cache.blocksToUnshare(sibling, 6), cache.blocksToUnshare(sibling, 8)]).toEqual([1, 0]);
    cache.unshare(sibling, 6, journal);
    expect([journal.copies.items[0], journal.copies.items[1]]).toEqual([
      sequence.tables[0].ids[1],
      sibling.tables[0].ids[1],
    ]);
    expect([sibling.forked, cache.blocksToUnshare(sequence, 6), gauges(kv)]).toEqual([false, 1, [5, 0, 3]]);
    cache.commit(journal);
    expect([cache.blocksToUnshare(sequence, 6), gauges(kv)]).toEqual([0, [5, 0, 3]]);
    cache.unshare(sequence, 6, journal);
    expect([journal.copies.length, sequence.forked]).toEqual([0, false]);
  });

  test("a window gives its blocks back: a decode holds ceil(window / blockSize) + 1 at most", () => {
    for (const window of [1, 3, 4, 5, 8, 9]) {
      const { cache, kv, journal, open } = setUp({ groups: [{ window }] });
      const sequence = open();
      const most = Math.ceil(window / 4) + 1;
      for (let count = 1; count <= 64; count++) {
        cache.extend(sequence, count, journal);
        expect(kv.pool.heldCount).toBeLessThanOrEqual(most);
        cache.index(sequence, new Int32Array(upTo(count)), count, journal);
        cache.commit(journal);
        cache.slide(sequence, count);
        const { first } = sequence.tables[0];
        expect(first * 4).toBeLessThanOrEqual(Math.max(0, count - window + 1));
      }
      expect(kv.blocksFor(64)).toBe(most);
    }
  });

  test("truncate gives back the blocks beyond, the one that the tokens end in stays", () => {
    const { cache, kv, hold } = setUp();
    const sequence = hold(upTo(14));
    cache.truncate(sequence, 9);
    expect([sequence.capacity, sequence.indexedBlocks, kv.pool.heldCount]).toEqual([12, 2, 3]);
    cache.truncate(sequence, 0);
    expect([sequence.capacity, sequence.indexedBlocks, sequence.tail, kv.pool.heldCount]).toEqual([
      0,
      0,
      sequence.root,
      0,
    ]);
  });

  test("dropCached empties what nobody holds, and leaves what somebody does", () => {
    const { cache, kv, hold, lookup } = setUp();
    cache.clear(hold([9, 9, 9, 9]));
    hold(upTo(8));
    kv.prefixes.dropCached();
    expect([gauges(kv), lookup(upTo(9)).tokenCount, lookup([9, 9, 9, 9, 9]).tokenCount]).toEqual([[6, 0, 2], 8, 0]);
  });

  test("the tree grows with windows' chains, so that a request goes on caching", () => {
    const { cache, kv, journal, open } = setUp({ blockCount: 2, blockSize: 1, groups: [{ window: 1 }] });
    const sequence = open();
    for (let count = 1; count <= 12; count++) {
      cache.extend(sequence, count, journal);
      cache.index(sequence, new Int32Array(upTo(count)), count, journal);
      cache.commit(journal);
      cache.slide(sequence, count);
    }
    expect([kv.prefixes.tree.size, sequence.indexAt > 1000, sequence.indexedBlocks]).toEqual([12, false, 12]);
    cache.clear(sequence);
    kv.prefixes.dropCached();
    expect([gauges(kv), kv.prefixes.tree.size]).toEqual([[2, 0, 0], 0]);
  });

  test("counts blocks for tokens, of all groups", () => {
    const { kv } = setUp({ blockCount: 16, groups: [{ window: null }, { window: 5 }] });
    expect([kv.blocksBetween(0, 9), kv.blocksBetween(3, 9), kv.blocksBetween(4, 9), kv.blocksBetween(5, 8)]).toEqual([
      6, 4, 4, 0,
    ]);
    expect([
      kv.tokensThatFit(0, 5),
      kv.tokensThatFit(3, 0),
      kv.tokensThatFit(4, 0),
      kv.tokensThatFit(5, 2),
      kv.tokensThatFit(5, -3),
    ]).toEqual([8, 1, 0, 7, 3]);
    expect([1, 12, 13, 100].map((count) => kv.blocksFor(count))).toEqual([2, 6, 7, 28]);
  });

  test("takes blocks of up to 1,024 tokens, and has a tree with room for what groups and tiers need", () => {
    expect(setUp({ blockSize: 1024 }).kv.blockSize).toBe(1024);
    const sizes: Partial<KvCacheOptions>[] = [
      {},
      { hostBlockCount: 3 },
      { groups: [{ window: null }, { window: 4 }] },
      { groups: [{ window: 4 }], hostBlockCount: 3 },
    ];
    expect(sizes.map((options) => setUp(options).kv).map((kv) => [kv.windowed, kv.prefixes.tree.capacity])).toEqual([
      [false, 8],
      [false, 11],
      [true, 32],
      [true, 44],
    ]);
  });

  test("caches as many blocks as there are", () => {
    const events: KvEvent[] = [];
    const { cache, kv, hold, lookup } = setUp({ onEvent: (event) => events.push(event) });
    const sequences = upTo(8).map((id) => hold([id, id, id, id]));
    expect(upTo(8).map((id) => lookup([id, id, id, id, 9]).tokenCount)).toEqual(Array.from({ length: 8 }, () => 4));
    expect(new Set(events.map((event) => (event.type === "stored" ? event.block : 0))).size).toBe(8);
    for (const sequence of sequences) cache.clear(sequence);
    expect([gauges(kv), kv.snapshot()?.length]).toEqual([[0, 8, 0], 8]);
    kv.checkInvariants();
  });

  test("swaps evicted blocks out where there is a host tier and nobody says that it is not worth it", () => {
    const { cache, kv, journal, open, hold, lookup } = setUp({ blockCount: 1, hostBlockCount: 1 });
    cache.clear(hold(upTo(4)));
    cache.extend(open(), 4, journal);
    expect([journal.swapOuts.length, kv.prefixes.host.storedCount, lookup(upTo(5)).tokenCount]).toEqual([2, 1, 4]);
    cache.seal(journal);
    kv.prefixes.dropHostTier();
    expect([kv.prefixes.host.storedCount, lookup(upTo(5)).tokenCount]).toEqual([0, 0]);
  });

  test("a cleared sequence lets go at once of equal blocks that it was to take", () => {
    const { cache, kv, journal, open, hold } = setUp();
    const first = hold(upTo(4));
    const second = open();
    cache.extend(second, 4, journal);
    cache.index(second, new Int32Array(upTo(4)), 4, journal);
    const [block] = first.tables[0].ids;
    expect([kv.pool.references[block], gauges(kv)]).toEqual([2, [6, 0, 2]]);
    cache.clear(second);
    expect([kv.pool.references[block], gauges(kv), second.adoptions.length]).toEqual([1, [7, 0, 1], 0]);
    cache.commit(journal);
    expect(kv.pool.references[block]).toBe(1);
  });

  test("a cleared sequence shares nothing any more", () => {
    const { cache, hold } = setUp();
    const sequence = hold(upTo(5));
    cache.fork(sequence);
    cache.clear(sequence);
    expect([sequence.forked, sequence.capacity, sequence.tables[0].count, sequence.indexedBlocks]).toEqual([
      false,
      0,
      0,
      0,
    ]);
  });

  test("a window keeps the tail of what is indexed, and what is the tail again when plans in flight fail", () => {
    const { cache, journal, open, hold } = setUp({ groups: [{ window: 1 }] });
    const inFlight = hold(upTo(16));
    cache.slide(inFlight, 8);
    expect(inFlight.tables[0].first).toBe(1);
    const behind = open();
    cache.extend(behind, 16, journal);
    cache.index(behind, new Int32Array(upTo(16).map((id) => id + 50)), 8, journal);
    cache.slide(behind, 16);
    expect(behind.tables[0].first).toBe(1);
  });

  test.each<[string, Partial<KvCacheOptions>]>([
    ["one group", {}],
    ["two groups, one with a window", { groups: [{ window: null }, { window: 4 }] }],
    ["a host tier", { hostBlockCount: 4 }],
  ])("%s: forgetPrefixes leaves nothing to be found, and holders what they hold", (_name, options) => {
    const { cache, kv, journal, hold, lookup } = setUp({ ...options, blockCount: 20 });
    cache.clear(hold(upTo(12)));
    const sequence = hold(upTo(6));
    const other = hold([50, 51, 52, 53]);
    if (options.hostBlockCount !== undefined) kv.prefixes.storeOnHost(0, other.tail);
    cache.seal(journal);
    const held = kv.pool.heldCount;
    const tables = sequence.tables.map(({ ids }) => [...ids]);
    expect([lookup(upTo(6)).tokenCount, kv.prefixes.tree.size, kv.prefixes.host.storedCount]).toEqual([
      5,
      4,
      options.hostBlockCount === undefined ? 0 : 1,
    ]);
    kv.forgetPrefixes();
    expect([lookup(upTo(6)).tokenCount, kv.prefixes.tree.size, kv.prefixes.host.storedCount]).toEqual([0, 0, 0]);
    expect([kv.pool.heldCount, kv.pool.cachedCount, sequence.tables.map(({ ids }) => [...ids])]).toEqual([
      held,
      0,
      tables,
    ]);
    cache.extend(sequence, 8, journal);
    cache.index(sequence, new Int32Array(upTo(8)), 8, journal);
    expect(kv.prefixes.tree.size).toBe(0);
    for (const each of [sequence, other]) cache.clear(each);
    expect(gauges(kv)).toEqual([20, 0, 0]);
    kv.checkInvariants();
  });

  test("says how many bytes its columns take", () => {
    const { kv } = setUp({ hostBlockCount: 3 });
    const { tree, host } = kv.prefixes;
    const nodes = 8 + 3 + 1;
    expect([tree.byteLength, host.byteLength]).toEqual([
      4 * (4 * nodes + 4 * nodes + nodes + 16),
      4 * nodes + 4 * 4 + 4 + 2 * 4 * 5,
    ]);
    expect(kv.byteLength).toBe(kv.pool.byteLength + tree.byteLength + 4 * nodes + host.byteLength);
  });

  test.each<[Partial<KvCacheOptions>, string]>([
    [{ blockSize: 0 }, "blockSize must be an integer in [1, 1024], got 0"],
    [{ blockSize: -4 }, "blockSize must be an integer in [1, 1024], got -4"],
    [{ blockSize: 1.5 }, "blockSize must be an integer in [1, 1024], got 1.5"],
    [{ blockSize: 1025 }, "blockSize must be an integer in [1, 1024], got 1025"],
    [{ blockCount: 0 }, "blockCount must be an integer in [1, 16777216], got 0"],
    [{ blockCount: -1 }, "blockCount must be an integer in [1, 16777216], got -1"],
    [{ blockCount: 1.5 }, "blockCount must be an integer in [1, 16777216], got 1.5"],
    [{ blockCount: Number.POSITIVE_INFINITY }, "blockCount must be an integer in [1, 16777216], got Infinity"],
    [{ blockCount: 2 ** 31 - 2 }, "blockCount must be an integer in [1, 16777216], got 2147483646"],
    [{ blockCount: 2 ** 23, blockSize: 256 }, "blockCount 8388608 of blockSize 256 is beyond 2147483647 slots"],
    [{ hostBlockCount: -1 }, "hostBlockCount must be an integer in [0, 16777216], got -1"],
    [{ hostBlockCount: 0.5 }, "hostBlockCount must be an integer in [0, 16777216], got 0.5"],
  ])("refuses %o", (options, message) => expect(() => setUp(options)).toThrow(new InvalidOptionError(message)));
});

test("finds what is cached in a domain, all but the last token, and leaves no domain behind", () => {
  const scheduler = new Scheduler({ blockCount: 8, blockSize: 4 });
  const promptTokenIds = [1, 2, 3, 4, 5, 6, 7, 8];
  scheduler.submit({ id: 0, promptTokenIds, maxTokens: 1, cacheSalt: "a", adapterId: 2 }, 0);
  scheduler.commit(scheduler.schedule(0)!, { tokenIds: new Int32Array(1) }, 0);
  const { kv } = scheduler;
  const cached = (tokens: readonly number[], salt: string, adapterId: number): number =>
    kv.cachedTokens({ tokens: Int32Array.from(tokens), salt, adapterId });
  expect([
    cached(promptTokenIds, "a", 2),
    cached([...promptTokenIds, 9], "a", 2),
    cached([1, 2, 3, 4, 99, 98], "a", 2),
  ]).toEqual([7, 8, 4]);
  expect([cached(promptTokenIds, "a", 0), cached(promptTokenIds, "b", 2), cached([1], "a", 2)]).toEqual([0, 0, 0]);
  expect(kv.prefixes.domains.size).toBe(1);
});

test("a snapshot replays to what is cached; without a listener there is none", () => {
  const types: string[] = [];
  const told = new Scheduler({ blockCount: 8, blockSize: 4, onKvEvent: ({ type }) => types.push(type) });
  told.submit({ id: 0, promptTokenIds: [1, 2, 3, 4, 5], maxTokens: 1 }, 0);
  expect(told.kv.snapshot()).toEqual([]);
  told.commit(told.schedule(0)!, { tokenIds: new Int32Array(1) }, 0);
  expect(told.kv.snapshot()).toMatchObject([{ type: "stored", tokenIds: Int32Array.of(1, 2, 3, 4), parent: null }]);
  expect(new Scheduler({ blockCount: 8 }).kv.snapshot()).toBeUndefined();
});
