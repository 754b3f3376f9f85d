import { describe, expect, test } from "vitest";
import type { KvEvent } from "../../src/blocks/events.ts";
import { dropCached, dropHostTier } from "../../src/blocks/reset.ts";
import { CacheDrive } from "../support/cache-drive.ts";

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
  return { drive, pool, prefixes, types: () => events.splice(0).map((event) => (event.type === "cleared" ? `cleared ${event.tier}` : event.type)) };
}

describe("dropCached", () => {
  test("gives up what nobody holds on the device, children before parents, and leaves the host and the holders theirs", () => {
    const { drive, pool, prefixes, types } = setUp();
    dropCached(pool, prefixes);
    expect([pool.cachedCount, pool.heldCount, prefixes.host.storedCount, types()]).toEqual([0, 1, 2, ["removed", "removed"]]);
    expect(drive.lookup([7, 8, 9]).found).toBe(2);
    drive.check();
  });

  test("says so in one event where nobody holds anything", () => {
    const { drive, pool, prefixes, types } = setUp();
    drive.end(drive.holders[0]);
    dropCached(pool, prefixes);
    expect([pool.freeCount, types()]).toEqual([8, ["cleared device"]]);
  });
});

test("dropHostTier forgets all copies on the host, and nothing else", () => {
  const { drive, pool, prefixes, types } = setUp();
  dropHostTier(prefixes);
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
  dropHostTier(prefixes);
  expect([prefixes.host.storedCount, prefixes.tree.size]).toEqual([0, 1]);
});
