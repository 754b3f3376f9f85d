import type { Domains } from "./domains.ts";
import type { PrefixTree } from "./prefix-tree.ts";

/** Where a copy of a block is. */
export type Tier = "device" | "host";

/**
 * A change of what can be matched, for routers that send requests where their prefix is. `block` names content: equal
 * beginnings have equal names until all copies are gone.
 */
export type KvEvent =
  | {
      readonly type: "stored";
      readonly block: number;
      /** The block before it, null for a first one. */
      readonly parent: number | null;
      readonly tokenIds: Int32Array;
      readonly salt: string;
      readonly adapterId: number;
      readonly group: number;
      readonly tier: Tier;
    }
  | { readonly type: "removed"; readonly block: number; readonly group: number; readonly tier: Tier }
  | { readonly type: "cleared"; readonly tier: Tier };

/** What the prefix cache tells of its content. A copy is a block of one node and group in one tier. */
export interface ContentListener {
  /** The step that wrote the copy is done. */
  stored(tier: Tier, group: number, node: number): void;
  /** The copy can no longer be matched; a copy that was never announced is not withdrawn. */
  removed(tier: Tier, group: number, node: number): void;
  /** All copies of a tier go at once: `remove` takes them out, one event says so. */
  cleared(tier: Tier, remove: () => void): void;
  /** All copies go at once: `remove` takes them out, one event a tier says so if the outside knew of a copy. */
  allCleared(remove: () => void): void;
  /** The node is gone: its number may stand for other content from now on. */
  forgot(node: number): void;
  /** The stored events that lead to what the outside knows now, parents first. O(nodes). */
  snapshot(): KvEvent[];
}

/** What the events are about. */
interface Indexed {
  readonly tree: PrefixTree;
  readonly domains: Domains;
  readonly groupCount: number;
  readonly host: { readonly blockCount: number };
}

const TIERS: readonly Tier[] = ["device", "host"];

/**
 * Publishes what the prefix cache holds: stored, after the step that computed it; removed; cleared.
 * Law: replaying all events gives `snapshot()`.
 */
export class KvEvents implements ContentListener {
  readonly #cache: Indexed;
  readonly #publish: (event: KvEvent) => void;
  /** By node: name of its content, 0 for none yet. Names are never used again. */
  readonly #names: number[] = [];
  /** By copy: the outside knows of it. */
  readonly #known = new Set<number>();
  #lastName = 0;

  constructor(cache: Indexed, publish: (event: KvEvent) => void) {
    this.#cache = cache;
    this.#publish = publish;
  }

  stored(tier: Tier, group: number, node: number): void {
    const at = this.#index(tier, group, node);
    if (this.#known.has(at)) return;
    this.#known.add(at);
    this.#publish(this.#storedEvent(tier, group, node));
  }

  removed(tier: Tier, group: number, node: number): void {
    const at = this.#index(tier, group, node);
    if (!this.#known.delete(at)) return;
    this.#publish({ type: "removed", block: this.#names[node], group, tier });
  }

  allCleared(remove: () => void): void {
    const wasEmpty = this.#known.size === 0;
    this.#known.clear();
    remove();
    if (wasEmpty) return;
    this.#publish({ type: "cleared", tier: "device" });
    if (this.#cache.host.blockCount > 0) this.#publish({ type: "cleared", tier: "host" });
  }

  cleared(tier: Tier, remove: () => void): void {
    for (const copy of this.#known) if (copy % TIERS.length === TIERS.indexOf(tier)) this.#known.delete(copy);
    remove();
    this.#publish({ type: "cleared", tier });
  }

  forgot(node: number): void {
    this.#names[node] = 0;
  }

  snapshot(): KvEvent[] {
    const events: KvEvent[] = [];
    this.#cache.tree.forEachDown((node) => {
      for (const tier of TIERS) {
        for (let group = 0; group < this.#cache.groupCount; group++) {
          if (this.#known.has(this.#index(tier, group, node))) events.push(this.#storedEvent(tier, group, node));
        }
      }
    });
    return events;
  }

  #storedEvent(tier: Tier, group: number, node: number): KvEvent {
    const { tree, domains } = this.#cache;
    const parent = tree.parentOf(node);
    const domain = tree.domainOf(node);
    return {
      type: "stored",
      block: this.#nameOf(node),
      parent: parent < 0 ? null : this.#nameOf(parent),
      tokenIds: tree.tokensOf(node),
      salt: domains.salt(domain),
      adapterId: domains.adapterId(domain),
      group,
      tier,
    };
  }

  #nameOf(node: number): number {
    return (this.#names[node] ||= ++this.#lastName);
  }

  #index(tier: Tier, group: number, node: number): number {
    return (node * this.#cache.groupCount + group) * TIERS.length + TIERS.indexOf(tier);
  }
}
