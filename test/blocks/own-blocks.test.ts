import { expect, test } from "vitest";
import { KvCache } from "../../src/blocks/kv-cache.ts";
import { ownBlocks } from "../../src/blocks/own-blocks.ts";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";

test("a slot's own blocks are those that no other slot shares, and a window gives back the passed ones of these", () => {
  const kv = new KvCache({
    blockCount: 20,
    blockSize: 2,
    slotCount: 2,
    groups: [{ window: null }, { window: 4 }],
    eviction: lru(),
  });
  const domain = kv.prefixes.domains.acquire("", 0);
  kv.tables.open(0, domain, false);
  kv.tables.reserve(0, 0, 8, new StepJournal());
  expect([ownBlocks(kv, 0), ownBlocks(kv, 0, 8)]).toEqual([8, 2]);
  kv.tables.open(1, domain, false);
  kv.tables.fork(0, 1, 4);
  expect([ownBlocks(kv, 0), ownBlocks(kv, 1), ownBlocks(kv, 0, 8)]).toEqual([4, 0, 0]);
});
