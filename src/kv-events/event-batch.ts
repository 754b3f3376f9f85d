import type { KvEvent, Tier } from "../blocks/events.ts";
import { blockHash } from "./block-hash.ts";
import type { BlockRemoved, BlockStored, Medium, WireEvent } from "./wire-events.ts";

type Stored = Extract<KvEvent, { type: "stored" }>;

/** A block of which the outside knows a copy, or a child. */
interface Known {
  readonly hash: bigint;
  readonly parent: number | null;
  /** Copies that were told of, by tier and group: "device 0". */
  readonly copies: Set<string>;
  children: number;
}

const MEDIA: Readonly<Record<Tier, Medium>> = { device: "GPU", host: "CPU" };

/**
 * Turns the cache's events, which name blocks by serial numbers, into events that name them by hashes.
 *
 * Laws: serial numbers appear nowhere in what comes out; replaying all of it gives the blocks that the cache's own
 * events give. Memory is bounded by the blocks that are known.
 */
export class EventBatch {
  readonly #known = new Map<number, Known>();
  #events: WireEvent[] = [];
  /** The block that the last event ends with: one that follows it joins the event. */
  #last: number | null = null;

  /** Blocks of which a copy was told. */
  get blockCount(): number {
    let count = 0;
    for (const { copies } of this.#known.values()) if (copies.size > 0) count++;
    return count;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  add(event: KvEvent): void {
    if (event.type === "stored") this.#store(event);
    else if (event.type === "removed") this.#remove(event.block, event.tier, event.group);
    else this.#clear(event.tier);
  }

  /** The events since the last call. */
  take(): WireEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#last = null;
    return events;
  }

  /** A block whose parent is unknown has no name that a client could match. */
  #store(event: Stored): void {
    const parent = event.parent === null ? null : this.#known.get(event.parent);
    if (parent === undefined) return;
    const known = this.#known.get(event.block) ?? this.#learn(event, parent);
    known.copies.add(copyName(event.tier, event.group));
    const joined = this.#joins(event);
    if (joined !== null) {
      joined.block_hashes.push(known.hash);
      joined.token_ids.push(...event.tokenIds);
    } else this.#events.push(storedEvent(event, known.hash, parent?.hash ?? null));
    this.#last = event.block;
  }

  #learn({ block, parent: name, tokenIds, salt, adapterId }: Stored, parent: Known | null): Known {
    const hash = blockHash(parent?.hash ?? null, tokenIds, { salt, adapterId });
    const known: Known = { hash, parent: name, copies: new Set(), children: 0 };
    if (parent !== null) parent.children++;
    this.#known.set(block, known);
    return known;
  }

  /** The last event, where this block follows its last one in the same place. */
  #joins({ parent, tier, group, tokenIds }: Stored): BlockStored | null {
    const last = this.#events.at(-1);
    if (last?.type !== "BlockStored" || parent === null || parent !== this.#last) return null;
    const { medium, group_idx: lastGroup = 0, block_size: blockSize } = last;
    return medium === MEDIA[tier] && lastGroup === group && blockSize === tokenIds.length ? last : null;
  }

  #remove(block: number, tier: Tier, group: number): void {
    const known = this.#known.get(block);
    if (known === undefined || !known.copies.delete(copyName(tier, group))) return;
    this.#tellRemoved(known.hash, tier, group);
    this.#forget(block, known);
  }

  #tellRemoved(hash: bigint, tier: Tier, group: number): void {
    const last = this.#events.at(-1);
    this.#last = null;
    if (last?.type === "BlockRemoved" && last.medium === MEDIA[tier] && (last.group_idx ?? 0) === group) {
      last.block_hashes.push(hash);
    } else this.#events.push(removedEvent(hash, tier, group));
  }

  /** One event where nothing is left; else the blocks one by one, because the event speaks of all tiers. */
  #clear(tier: Tier): void {
    const isOf = (copy: string): boolean => copy.startsWith(`${tier} `);
    const blocks = [...this.#known].filter(([, { copies }]) => copies.size > 0);
    if (blocks.every(([, { copies }]) => [...copies].every(isOf))) {
      this.#known.clear();
      this.#last = null;
      if (this.#events.at(-1)?.type !== "AllBlocksCleared") this.#events.push({ type: "AllBlocksCleared" });
      return;
    }
    for (const [block, { copies }] of blocks) {
      for (const copy of [...copies].filter(isOf)) this.#remove(block, tier, Number(copy.slice(tier.length + 1)));
    }
  }

  /** Without copies and children nothing needs its hash; then its parent may be in the same case. */
  #forget(block: number, { copies, children, parent }: Known): void {
    if (copies.size > 0 || children > 0) return;
    this.#known.delete(block);
    const above = parent === null ? undefined : this.#known.get(parent);
    if (above === undefined) return;
    above.children--;
    this.#forget(parent!, above);
  }
}

function copyName(tier: Tier, group: number): string {
  return `${tier} ${group}`;
}

function storedEvent({ tokenIds, adapterId, group, tier }: Stored, hash: bigint, parent: bigint | null): BlockStored {
  return {
    type: "BlockStored",
    block_hashes: [hash],
    parent_block_hash: parent,
    token_ids: [...tokenIds],
    block_size: tokenIds.length,
    lora_id: adapterId === 0 ? null : adapterId,
    medium: MEDIA[tier],
    lora_name: null,
    ...(group === 0 ? {} : { group_idx: group }),
  };
}

function removedEvent(hash: bigint, tier: Tier, group: number): BlockRemoved {
  const place = group === 0 ? {} : { group_idx: group };
  return { type: "BlockRemoved", block_hashes: [hash], medium: MEDIA[tier], ...place };
}
