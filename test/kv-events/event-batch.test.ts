import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KvEvent, Tier } from "../../src/blocks/events.ts";
import { blockHash } from "../../src/kv-events/block-hash.ts";
import { EventBatch } from "../../src/kv-events/event-batch.ts";
import type { WireEvent } from "../../src/kv-events/wire-events.ts";

const stored = (
  block: number,
  parent: number | null,
  tokens: number[],
  more: Partial<Extract<KvEvent, { type: "stored" }>> = {},
): KvEvent => ({
  type: "stored",
  block,
  parent,
  tokenIds: Int32Array.from(tokens),
  salt: "",
  adapterId: 0,
  group: 0,
  tier: "device",
  ...more,
});
const removed = (block: number, tier: Tier = "device", group = 0): KvEvent => ({ type: "removed", block, group, tier });

function wireOf(...events: readonly KvEvent[]): WireEvent[] {
  const batch = new EventBatch();
  for (const event of events) batch.add(event);
  return batch.take();
}

const domain = { salt: "", adapterId: 0 };
const first = blockHash(null, [1, 2], domain);
const second = blockHash(first, [3, 4], domain);

describe("stored", () => {
  test("a chain is one event, with its hashes, and the parent's", () => {
    expect(wireOf(stored(1, null, [1, 2]), stored(2, 1, [3, 4]), stored(3, 1, [5, 6]))).toEqual([
      {
        type: "BlockStored",
        block_hashes: [first, second],
        parent_block_hash: null,
        token_ids: [1, 2, 3, 4],
        block_size: 2,
        lora_id: null,
        medium: "GPU",
        lora_name: null,
      },
      expect.objectContaining({ parent_block_hash: first, token_ids: [5, 6] }),
    ]);
  });

  test("adapters, tiers and groups are told", () => {
    const [event] = wireOf(stored(1, null, [1, 2], { adapterId: 3, tier: "host", group: 1 }));
    expect(event).toMatchObject({ lora_id: 3, medium: "CPU", group_idx: 1 });
    expect(event).not.toMatchObject({ block_hashes: [first] });
  });

  test("a block of an unknown parent cannot be named, and is left out", () => {
    expect(wireOf(stored(2, 1, [3, 4]))).toEqual([]);
  });

  test("a parent's hash is known while a child is, though its copies are gone", () => {
    const events = wireOf(stored(1, null, [1, 2]), stored(2, 1, [3, 4]), removed(1), stored(3, 1, [5, 6]));
    expect(events.at(-1)).toMatchObject({ parent_block_hash: first });
    expect(wireOf(stored(1, null, [1, 2]), removed(1), stored(3, 1, [5, 6]))).toHaveLength(2);
  });
});

describe("removed and cleared", () => {
  test("removals of one place are one event; what was not told of is not removed", () => {
    expect(wireOf(stored(1, null, [1, 2]), stored(2, 1, [3, 4]), removed(2), removed(1), removed(9))).toEqual([
      expect.objectContaining({ type: "BlockStored" }),
      { type: "BlockRemoved", block_hashes: [second, first], medium: "GPU" },
    ]);
  });

  test("a tier that is cleared while another holds copies has its blocks removed one by one", () => {
    const both = [stored(1, null, [1, 2]), stored(1, null, [1, 2], { tier: "host" })];
    const events = wireOf(...both, { type: "cleared", tier: "device" }, { type: "cleared", tier: "host" });
    expect(events.slice(2)).toEqual([
      { type: "BlockRemoved", block_hashes: [first], medium: "GPU" },
      { type: "AllBlocksCleared" },
    ]);
  });

  test("both tiers at once are one event", () => {
    const events = wireOf(
      stored(1, null, [1, 2]),
      { type: "cleared", tier: "device" },
      { type: "cleared", tier: "host" },
    );
    expect(events.slice(1)).toEqual([{ type: "AllBlocksCleared" }]);
  });
});

test("replaying what comes out gives the blocks that the events give, and memory is bounded by them", () => {
  const step = fc.record({
    block: fc.integer({ min: 1, max: 9 }),
    parent: fc.integer({ min: 0, max: 9 }),
    kind: fc.constantFrom("stored", "stored", "stored", "removed", "removed", "cleared" as const),
    tier: fc.constantFrom<Tier>("device", "host"),
    cut: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const batch = new EventBatch();
      const copies = new Map<string, bigint>();
      const told = new Map<string, bigint>();
      const hashes = new Map<number, bigint>();
      for (const { block, parent, kind, tier, cut } of steps) {
        const name = `${tier} ${block}`;
        // A block's content, its parent too, belongs to its number: here blocks follow a smaller one.
        const above = parent < block && parent > 0 ? (block * 7) % block || null : null;
        const has = (each: number): boolean => copies.has(`device ${each}`) || copies.has(`host ${each}`);
        if (kind === "stored" && !copies.has(name) && (above === null || has(above))) {
          const hash = hashes.get(block) ?? blockHash(above === null ? null : hashes.get(above)!, [block], domain);
          if (hashes.has(block) && !has(block)) continue;
          hashes.set(block, hash);
          copies.set(name, hash);
          batch.add(stored(block, above, [block], { tier }));
        } else if (kind === "removed" && copies.delete(name)) batch.add(removed(block, tier));
        else if (kind === "cleared") {
          for (const copy of copies.keys()) if (copy.startsWith(tier)) copies.delete(copy);
          batch.add({ type: "cleared", tier });
        }
        if (cut) replay(batch.take(), told);
      }
      replay(batch.take(), told);
      expect([...told.keys()].toSorted()).toEqual(
        [...copies].map(([name, hash]) => `${name.split(" ")[0]} ${hash}`).toSorted(),
      );
      expect(batch.blockCount).toBe(new Set([...copies.keys()].map((name) => name.split(" ")[1])).size);
    }),
  );
});

/** Copies by tier and hash. */
function replay(events: readonly WireEvent[], told: Map<string, bigint>): void {
  for (const event of events) {
    if (event.type === "AllBlocksCleared") told.clear();
    else {
      const tier = event.medium === "GPU" ? "device" : "host";
      for (const hash of event.block_hashes) {
        if (event.type === "BlockStored") told.set(`${tier} ${hash}`, hash);
        else told.delete(`${tier} ${hash}`);
      }
    }
  }
}
