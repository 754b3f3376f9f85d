import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Domains } from "../../src/blocks/domains.ts";
import { type KvEvent, KvEvents } from "../../src/blocks/events.ts";
import type { KvCacheOptions } from "../../src/blocks/kv-cache-options.ts";
import { PrefixTree } from "../../src/blocks/prefix-tree.ts";
import { CacheDrive } from "../support/cache-drive.ts";
import { cachePlan, runCachePlan } from "../support/cache-programs.ts";

function driveWith(options: Partial<KvCacheOptions> = {}): { drive: CacheDrive; events: KvEvent[] } {
  const events: KvEvent[] = [];
  return { drive: new CacheDrive({ blockSize: 2, ...options, onEvent: (event) => events.push(event) }), events };
}

/** What somebody knows who has heard all events: the stored ones that still hold. */
function replay(events: readonly KvEvent[]): Map<string, KvEvent> {
  const known = new Map<string, KvEvent>();
  for (const event of events) {
    if (event.type === "cleared") {
      for (const [key, { tier }] of known) if (tier === event.tier) known.delete(key);
      continue;
    }
    const key = `${event.tier} ${event.group} ${event.block}`;
    expect([key, known.has(key)]).toEqual([key, event.type === "removed"]);
    if (event.type === "stored") known.set(key, event);
    else known.delete(key);
  }
  return known;
}

function types(events: KvEvent[]): string[] {
  return events
    .splice(0)
    .map((event) => (event.type === "cleared" ? `cleared ${event.tier}` : `${event.type} ${event.block}`));
}

describe("KvEvents", () => {
  test("a block is stored after the step that computed it, with what is before it", () => {
    const { drive, events } = driveWith();
    drive.admit([1, 2, 3, 4, 5], { salt: "s" });
    expect(events).toEqual([]);
    drive.commit();
    const common = { type: "stored", group: 0, salt: "s", adapterId: 0, tier: "device" };
    expect(events).toEqual([
      { ...common, block: 1, parent: null, tokenIds: new Int32Array([1, 2]) },
      { ...common, block: 2, parent: 1, tokenIds: new Int32Array([3, 4]) },
    ]);
  });

  test("of a step that failed nothing is heard", () => {
    const { drive, events } = driveWith();
    drive.admit([1, 2, 3, 4]);
    drive.rollBack(true);
    expect(events).toEqual([]);
  });

  test("an equal beginning is the same block, and another one gets another name once all copies are gone", () => {
    const { drive, events } = driveWith({ blockCount: 2 });
    drive.admit([1, 2]);
    drive.commit();
    drive.end(drive.holders[0]);
    expect(types(events)).toEqual(["stored 1"]);
    drive.admit([1, 2, 3]);
    drive.commit();
    drive.end(drive.holders[0]);
    expect(types(events)).toEqual([]);
    drive.admit([7, 8, 7, 8]);
    drive.commit();
    expect(types(events)).toEqual(["removed 1", "stored 2", "stored 3"]);
  });

  test("all at once is one event where nobody holds anything", () => {
    const { drive, events } = driveWith();
    drive.admit([1, 2, 3, 4]);
    drive.commit();
    drive.end(drive.holders[0]);
    events.length = 0;
    drive.kv.prefixes.dropCached();
    expect(types(events)).toEqual(["cleared device"]);
  });

  test.each<[string, Partial<KvCacheOptions>]>([
    ["one group", {}],
    ["two groups, one with a window", { blockCount: 14, groups: [{ window: null }, { window: 3 }] }],
    ["a host tier", { blockCount: 8, hostBlockCount: 6 }],
  ])("%s: whoever replays all events knows what is cached, after any program", (_name, options) => {
    fc.assert(
      fc.property(fc.array(cachePlan, { maxLength: 25 }), (plans) => {
        const { drive, events } = driveWith(options);
        const { prefixes } = drive.kv;
        for (const each of plans) {
          runCachePlan(drive, each);
          const known = [...replay(events).values()];
          expect(new Set(known.map((event) => JSON.stringify(event)))).toEqual(
            new Set(prefixes.events!.snapshot().map((event) => JSON.stringify(event))),
          );
          let copies = 0;
          prefixes.tree.checkInvariants((node) => {
            for (let group = 0; group < prefixes.groupCount; group++) {
              copies += Math.sign(prefixes.blockOf(group, node)) + Math.sign(prefixes.host.blockOf(group, node));
            }
          });
          expect(known.length).toBe(copies);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test("each tier, group and node is told of once, and a tier that is cleared leaves the other", () => {
  const tree = new PrefixTree({ capacity: 3, blockSize: 1 });
  const domains = new Domains();
  domains.acquire("s", 3);
  const told: KvEvent[] = [];
  const events = new KvEvents({ tree, domains, groupCount: 2, host: { blockCount: 4 } }, (event) => told.push(event));
  const nodes = [1, 2, 3].map((token) => tree.findOrInsert(-1, Int32Array.of(token), 0));
  const all = (["device", "host"] as const).flatMap((tier) =>
    [0, 1].flatMap((group) => nodes.map((node) => ({ tier, group, node }))),
  );
  for (const [index, { tier, group, node }] of all.entries()) {
    events.stored(tier, group, node);
    events.stored(tier, group, node);
    expect([told.length, events.snapshot().length]).toEqual([index + 1, index + 1]);
  }
  const named = (list: readonly KvEvent[]) =>
    new Set(
      list.map((event) =>
        event.type === "stored" ? `${event.tier} ${event.group} ${event.tokenIds[0]} ${event.block}` : event.type,
      ),
    );
  // Names count up as the nodes did, which hold tokens 1 to 3.
  const expected = all.map(({ tier, group, node }) => `${tier} ${group} ${node} ${node}`);
  expect([named(told), named(events.snapshot())]).toEqual([new Set(expected), new Set(expected)]);
  events.cleared("device", () => {});
  expect(named(events.snapshot())).toEqual(new Set(expected.slice(6)));
  events.cleared("host", () => {});
  expect(events.snapshot()).toEqual([]);
  told.length = 0;
  events.allCleared(() => {});
  expect(told).toEqual([]);
});
