import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import type { KvEvent } from "../../src/blocks/events.ts";
import { CacheDrive } from "../support/cache-drive.ts";
import { cacheParts } from "../support/cache-parts.ts";

/** A policy that notes what it is told. */
function noting(): { policy: EvictionPolicy; told: string[] } {
  const told: string[] = [];
  const inner = lru();
  const note =
    (what: string) =>
    (block: number): number =>
      told.push(`${what} ${block}`);
  const policy: EvictionPolicy = {
    ...inner,
    add: (block) => (note("add")(block), inner.add(block)),
    remove: (block) => (note("remove")(block), inner.remove(block)),
    hit: note("hit"),
    becameLeaf: note("leaf"),
    dropped: note("dropped"),
  };
  return { policy, told };
}

describe("PrefixCache", () => {
  test("a node has one block in a group", () => {
    const { prefixes, indexed, blocksOf, pool } = cacheParts();
    const sequence = indexed([1, 2]);
    expect([prefixes.blockOf(0, sequence.tail), pool.labels[blocksOf(sequence)[0]]]).toEqual([
      blocksOf(sequence)[0],
      sequence.tail,
    ]);
    expect(() => prefixes.store(sequence.tail, 0, pool.acquire())).toThrow(
      new AssertionError(`node ${sequence.tail} has a block in group 0 already`),
    );
  });

  test("a dropped block takes along the nodes that nothing needs, and their domain's user", () => {
    const { prefixes, indexed, letGo, blocksOf, domain } = cacheParts();
    const sequence = indexed([1, 2, 3, 4]);
    const [parent, child] = blocksOf(sequence);
    letGo(sequence);
    prefixes.domains.release(domain);
    prefixes.drop(child);
    expect([prefixes.tree.size, prefixes.domains.size]).toEqual([1, 1]);
    prefixes.drop(parent);
    expect([prefixes.tree.size, prefixes.domains.size]).toEqual([0, 0]);
  });

  test("a node outlives its block where something hangs below it", () => {
    const { prefixes, indexed, blocksOf } = cacheParts({ groups: [{ window: 2 }] });
    const [parent, child] = blocksOf(indexed([1, 2, 3, 4]));
    prefixes.drop(parent);
    expect(prefixes.tree.size).toBe(2);
    prefixes.checkInvariants();
    prefixes.drop(child);
    expect(prefixes.tree.size).toBe(0);
  });

  test("a leaf has no child with a block in its group, however many nodes there are", () => {
    const { prefixes, indexed, blocksOf } = cacheParts();
    const [parent, child] = blocksOf(indexed([1, 2, 3, 4]));
    expect([prefixes.isLeaf(parent), prefixes.isLeaf(child), prefixes.depth(parent), prefixes.depth(child)]).toEqual([
      false,
      true,
      0,
      1,
    ]);
    prefixes.drop(child);
    expect(prefixes.isLeaf(parent)).toBe(true);
  });

  test("in a windowed group every block is a leaf: nobody needs those before it", () => {
    const { prefixes, indexed, blocksOf } = cacheParts({ groups: [{ window: 2 }] });
    expect(blocksOf(indexed([1, 2, 3, 4])).map((block) => prefixes.isLeaf(block))).toEqual([true, true]);
  });

  test("tells the eviction policy of every change, a chain's tail before its head", () => {
    const { policy, told } = noting();
    const { prefixes, indexed, letGo, blocksOf } = cacheParts({ eviction: policy });
    const sequence = indexed([1, 2, 3, 4]);
    const [parent, child] = blocksOf(sequence);
    letGo(sequence);
    expect(told.splice(0)).toEqual([`add ${child}`, `add ${parent}`]);
    prefixes.share(parent);
    expect(told.splice(0)).toEqual([`remove ${parent}`, `hit ${parent}`]);
    prefixes.release(parent);
    expect([prefixes.eviction.victim(), told.splice(0)]).toEqual([child, [`add ${parent}`]]);
    prefixes.drop(child);
    expect(told.splice(0)).toEqual([`remove ${child}`, `dropped ${child}`, `leaf ${parent}`]);
  });

  test("a cached block is told to be a leaf when its last child with a block goes, a held one is not", () => {
    const { policy, told } = noting();
    const { prefixes, indexed, letGo, blocksOf } = cacheParts({ eviction: policy, hostBlockCount: 2 });
    const [first, second] = [indexed([1, 2, 3, 4]), indexed([1, 2, 5, 6])];
    const [parent, one] = blocksOf(first);
    const [, two] = blocksOf(second);
    const afterDrop = (block: number): string[] => {
      told.length = 0;
      prefixes.drop(block);
      return told.filter((each) => each.startsWith("leaf"));
    };
    prefixes.storeOnHost(0, second.tail);
    const third = indexed([1, 2, 7, 8]);
    const [, three] = blocksOf(third);
    expect(afterDrop(one)).toEqual([]);
    for (const each of [first, second, third]) letGo(each);
    expect(afterDrop(three)).toEqual([]);
    // The node stays for its copy on the host, and its parent is a leaf of the device all the same.
    expect([afterDrop(two), prefixes.tree.size]).toEqual([[`leaf ${parent}`], 2]);
  });

  test("a block that somebody holds is told to be no leaf", () => {
    const { policy, told } = noting();
    const { prefixes, indexed, blocksOf } = cacheParts({ eviction: policy });
    const [, child] = blocksOf(indexed([1, 2, 3, 4]));
    prefixes.drop(child);
    expect(told).toEqual([`dropped ${child}`]);
  });

  test("the last node of a group and the first of the next have blocks of their own", () => {
    const { prefixes, pool, root } = cacheParts({ groups: [{ window: null }, { window: null }] });
    const nodes = Array.from({ length: prefixes.tree.capacity }, (_, token) =>
      prefixes.intern(root, Int32Array.of(token, 0), 0),
    );
    const [a, b] = [pool.acquire(), pool.acquire()];
    prefixes.store(nodes.at(-1)!, 0, a);
    prefixes.store(nodes[0], 1, b);
    expect([prefixes.blockOf(0, nodes.at(-1)!), prefixes.blockOf(1, nodes[0])]).toEqual([a, b]);
  });

  test("of groups whose block is gone nothing is told", () => {
    const { policy, told } = noting();
    const { prefixes, indexed, letGo, blocksOf } = cacheParts({
      eviction: policy,
      groups: [{ window: null }, { window: 2 }],
    });
    const sequence = indexed([1, 2, 3, 4]);
    const [whole, windowed] = [blocksOf(sequence, 0), blocksOf(sequence, 1)];
    letGo(sequence);
    prefixes.drop(windowed[0]);
    told.length = 0;
    prefixes.drop(whole[1]);
    expect(told.filter((each) => each.startsWith("leaf"))).toEqual([`leaf ${whole[0]}`]);
  });

  test("a copy on the host makes a node resident, and keeps it; the oldest copy goes where there is no room", () => {
    const { prefixes, indexed, letGo, blocksOf } = cacheParts({ hostBlockCount: 1 });
    const [first, second] = [indexed([1, 2]), indexed([3, 4])];
    const [a, b] = [first.tail, second.tail];
    expect(prefixes.storeOnHost(0, a)).toBe(1);
    expect(prefixes.storeOnHost(0, b)).toBe(0);
    prefixes.host.unpin();
    const [block] = blocksOf(first);
    letGo(first);
    prefixes.drop(block);
    expect([prefixes.blockOf(0, a), prefixes.isResident(0, a), prefixes.tree.size]).toEqual([0, true, 2]);
    expect([prefixes.storeOnHost(0, b), prefixes.isResident(0, a), prefixes.tree.size]).toEqual([1, false, 1]);
  });

  test("checkInvariants finds labels and residents that contradict each other", () => {
    const orphan = cacheParts();
    orphan.pool.label(orphan.pool.acquire(), 5);
    expect(() => orphan.prefixes.checkInvariants()).toThrow(new AssertionError("1 labelled blocks belong to no node"));
    const stranger = cacheParts();
    const [taken] = stranger.blocksOf(stranger.indexed([1, 2]));
    stranger.pool.unlabel(taken);
    stranger.pool.label(taken, 7);
    expect(() => stranger.prefixes.checkInvariants()).toThrow(
      new AssertionError(`block ${taken} of node 1 is labelled 7`),
    );
    const empty = cacheParts();
    const node = empty.prefixes.intern(empty.root, new Int32Array([1, 2]), 0);
    expect(() => empty.prefixes.checkInvariants()).toThrow(
      new AssertionError(`node ${node} has neither block nor child`),
    );
    const gap = cacheParts();
    const [parent, child] = gap.blocksOf(gap.indexed([1, 2, 3, 4]));
    const nodes = [parent, child].map((block) => gap.pool.labels[block]);
    gap.prefixes.drop(parent);
    expect(() => gap.prefixes.checkInvariants()).toThrow(
      new AssertionError(`node ${nodes[1]} has block ${child}, its parent ${nodes[0]} has none`),
    );
  });
});

/** A cached chain of two blocks, and one that a request holds, with copies of the chain on the host. */
function setUp() {
  const events: KvEvent[] = [];
  const drive = new CacheDrive({ blockCount: 8, hostBlockCount: 4, onEvent: (event) => events.push(event) });
  drive.admit([1, 2, 3, 4]);
  drive.commit();
  drive.end(drive.holders[0]);
  drive.admit([7, 8]);
  drive.commit();
  const { pool, prefixes } = drive.kv;
  for (let node = 1; node <= 2; node++) prefixes.storeOnHost(0, node);
  prefixes.host.unpin();
  events.length = 0;
  return {
    drive,
    pool,
    prefixes,
    types: () => events.splice(0).map((event) => (event.type === "cleared" ? `cleared ${event.tier}` : event.type)),
  };
}

describe("dropCached", () => {
  test("gives up what nobody holds on the device, children before parents, and leaves the host and the holders theirs", () => {
    const { drive, pool, prefixes, types } = setUp();
    prefixes.dropCached();
    expect([pool.cachedCount, pool.heldCount, prefixes.host.storedCount, types()]).toEqual([
      0,
      1,
      2,
      ["removed", "removed"],
    ]);
    expect(drive.lookup([7, 8, 9]).found).toBe(2);
    drive.check();
  });

  test("says so in one event where nobody holds anything", () => {
    const { drive, pool, prefixes, types } = setUp();
    drive.end(drive.holders[0]);
    prefixes.dropCached();
    expect([pool.freeCount, types()]).toEqual([8, ["cleared device"]]);
  });
});

test("dropHostTier forgets all copies on the host, and nothing else", () => {
  const { drive, pool, prefixes, types } = setUp();
  prefixes.dropHostTier();
  expect([prefixes.host.storedCount, pool.cachedCount, types()]).toEqual([0, 2, ["cleared host"]]);
  expect(drive.lookup([1, 2, 3, 4, 5]).found).toBe(4);
  drive.check();
});

test("dropHostTier needs nobody who takes events", () => {
  const { pool, prefixes } = new CacheDrive({ blockCount: 8, hostBlockCount: 4 }).kv;
  const node = prefixes.intern(-1, new Int32Array(prefixes.tree.blockSize), 0);
  prefixes.domains.acquire("", 0);
  prefixes.store(node, 0, pool.acquire());
  prefixes.storeOnHost(0, node);
  prefixes.host.unpin();
  prefixes.dropHostTier();
  expect([prefixes.host.storedCount, prefixes.tree.size]).toEqual([0, 1]);
});
