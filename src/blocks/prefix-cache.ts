import { assert } from "../assert.ts";
import { NULL_BLOCK } from "../config.ts";
import { widened } from "../widen.ts";
import type { BlockHash } from "./block-hash.ts";
import type { BlockPool } from "./block-pool.ts";
import { Domains } from "./domains.ts";
import { type ContentListener, KvEvents, type KvEvent } from "./events.ts";
import type { CachedBlocks, EvictionPolicy } from "./eviction.ts";
import { type AttachedEviction, GuardedEviction } from "./guarded-eviction.ts";
import { HostTier } from "./host-tier.ts";
import { PrefixTree } from "./prefix-tree.ts";

export interface PrefixCacheOptions {
  readonly pool: BlockPool;
  readonly blockSize: number;
  readonly groups: readonly { readonly window: number | null }[];
  /** Nodes that there is room for at first, and most. */
  readonly capacity: number;
  readonly nodeLimit?: number;
  readonly eviction: EvictionPolicy;
  readonly hash?: BlockHash;
  /** Blocks of host memory, 0 for no host tier. */
  readonly hostBlockCount: number;
  /** Takes the events of what can be matched. */
  readonly onEvent?: (event: KvEvent) => void;
  /** Takes what the eviction policy or the hash throws in the midst of a change, which is completed. */
  readonly onError: (error: unknown) => void;
}

/**
 * Which block of each group holds a node's keys and values, and which blocks are evicted when no block is free.
 *
 * A node outlives its blocks while it has children: a sliding window releases early blocks, but later blocks still need
 * the node to name the prefix that they continue.
 *
 * Laws: block b is labelled n in the pool exactly when `blockOf(g, n) = b` for one group g; a node is in the tree
 * exactly while it has a block or a child; in a group that sees everything, the parent of a node that has a block has
 * one too.
 */
export class PrefixCache implements CachedBlocks {
  readonly tree: PrefixTree;
  readonly domains = new Domains();
  readonly groupCount: number;
  /** By group: whether its layers see every earlier position. */
  readonly #whole: readonly boolean[];
  readonly host: HostTier;
  readonly events: ContentListener | undefined;
  readonly eviction: AttachedEviction;
  readonly #pool: BlockPool;
  readonly #onError: (error: unknown) => void;
  /** [(capacity + 1) x groupCount] */
  #blockOf: Int32Array;

  constructor(options: PrefixCacheOptions) {
    this.#pool = options.pool;
    this.#onError = options.onError;
    this.#whole = options.groups.map((group) => group.window === null);
    this.groupCount = options.groups.length;
    this.tree = new PrefixTree({ ...options, limit: options.nodeLimit });
    this.#blockOf = new Int32Array(this.groupCount * (options.capacity + 1));
    this.host = new HostTier({
      blockCount: options.hostBlockCount,
      groupCount: this.groupCount,
      nodeCapacity: options.capacity,
    });
    this.events = options.onEvent && new KvEvents(this, options.onEvent);
    this.eviction = new GuardedEviction(options.eviction, options.pool, this, options.onError);
  }

  /** The block with a node's keys and values in a group; `NULL_BLOCK` without one. */
  blockOf(group: number, node: number): number {
    return this.#blockOf[node * this.groupCount + group];
  }

  /**
   * The node of the block's tokens under `parent`, made where it is not there; 0 where the tree is full, or its hash
   * throws.
   */
  intern(parent: number, tokens: Int32Array, start: number): number {
    const { size } = this.tree;
    let node = 0;
    try {
      node = this.tree.findOrInsert(parent, tokens, start);
    } catch (error) {
      this.#onError(error);
    }
    if (node * this.groupCount >= this.#blockOf.length) {
      this.#blockOf = widened(this.#blockOf, (this.tree.capacity + 1) * this.groupCount, 0);
    }
    if (parent < 0 && this.tree.size > size) this.domains.retain(~parent);
    return node;
  }

  /** Makes `block`, held and unlabelled, the node's block in this group. */
  store(node: number, group: number, block: number): void {
    assert(this.blockOf(group, node) === NULL_BLOCK, () => `node ${node} has a block in group ${group} already`);
    this.#pool.label(block, node);
    this.#blockOf[node * this.groupCount + group] = block;
  }

  /** Removes the block from the index, and nodes that are no longer needed. */
  drop(block: number): void {
    const node = this.#pool.labels[block];
    const group = this.groupOf(node, block);
    if (this.#pool.references[block] === 0) this.eviction.remove(block);
    this.eviction.dropped?.(block);
    this.events?.removed("device", group, node);
    this.#blockOf[node * this.groupCount + group] = NULL_BLOCK;
    this.#pool.unlabel(block);
    this.prune(node);
  }

  /**
   * Empties the index, on the device and on the host; held blocks stay with their holders. Publishes one event a tier.
   */
  dropAll(): void {
    if (this.events === undefined) this.#dropNodes();
    else this.events.allCleared(() => this.#dropNodes());
  }

  #dropNodes(): void {
    const nodes: number[] = [];
    this.tree.forEachDown((node) => nodes.push(node));
    for (const node of nodes.reverse()) {
      for (let group = 0; group < this.groupCount; group++) this.#dropCopies(group, node);
    }
  }

  /** Removes the device's cached blocks; copies on the host stay. Publishes one event if no block is held. */
  dropCached(): void {
    const drop = (): void => {
      while (this.#pool.cachedCount > 0) this.drop(this.eviction.victim());
    };
    if (this.events !== undefined && this.#pool.heldCount === 0) this.events.cleared("device", drop);
    else drop();
  }

  /** Drops all copies on the host, and publishes one event. Only while no plan is under construction. */
  dropHostTier(): void {
    const drop = (): void => {
      while (this.host.storedCount > 0) this.dropFromHost(this.host.oldest.group, this.host.oldest.node);
    };
    if (this.events === undefined) drop();
    else this.events.cleared("host", drop);
  }

  #dropCopies(group: number, node: number): void {
    const block = this.blockOf(group, node);
    const onHost = this.host.blockOf(group, node) !== NULL_BLOCK;
    if (block !== NULL_BLOCK) this.drop(block);
    if (onHost) this.dropFromHost(group, node);
  }

  /**
   * Takes a host block for a copy of the node and pins it: a free block, else the least recently used one. `NULL_BLOCK`
   * if all are pinned.
   */
  storeOnHost(group: number, node: number): number {
    if (!this.host.hasRoom) return NULL_BLOCK;
    if (this.host.isFull) {
      const { oldest } = this.host;
      this.dropFromHost(oldest.group, oldest.node);
    }
    return this.host.store(group, node);
  }

  /** Drops the node's copy on the host. */
  dropFromHost(group: number, node: number): void {
    this.events?.removed("host", group, node);
    this.host.drop(group, node);
    this.prune(node);
  }

  /** Whether the node has a block in this group, on the device or on the host. */
  isResident(group: number, node: number): boolean {
    return this.blockOf(group, node) !== NULL_BLOCK || this.host.blockOf(group, node) !== NULL_BLOCK;
  }

  /** Adds a holder to a held or cached block. */
  share(block: number): void {
    if (this.#pool.share(block)) this.eviction.remove(block);
    this.eviction.hit?.(block);
  }

  /** Removes a holder. */
  release(block: number): void {
    if (this.#pool.release(block) === "cached") this.eviction.add(block);
  }

  /** Removes the node and its ancestors, up to the first that is needed. */
  prune(from: number): void {
    let node = from;
    while (node > 0 && this.tree.firstChild(node) === 0 && !this.#hasBlock(node)) {
      const parent = this.tree.parentOf(node);
      this.events?.forgot(node);
      this.tree.remove(node);
      if (parent < 0) this.domains.release(~parent);
      node = parent;
    }
    // If the node stays, for another group's block or a copy on the host, its parent lost a child's block all the same.
    const above = node === from && node > 0 ? this.tree.parentOf(node) : node;
    if (above > 0) this.#tellNewLeaf(above);
  }

  /** Whether the block is indexed and has no holder. Any number may be asked. */
  isCached(block: number): boolean {
    return this.#pool.labels[block] > 0 && this.#pool.references[block] === 0;
  }

  isLeaf(block: number): boolean {
    const node = this.#pool.labels[block];
    const group = this.groupOf(node, block);
    if (!this.#whole[group]) return true;
    for (let child = this.tree.firstChild(node); child !== 0; child = this.tree.nextSibling(child)) {
      if (this.blockOf(group, child) !== NULL_BLOCK) return false;
    }
    return true;
  }

  /** Children before parents. O(nodes). */
  cached(): number[] {
    const blocks: number[] = [];
    this.tree.forEachDown((node) => {
      for (let group = 0; group < this.groupCount; group++) {
        const block = this.blockOf(group, node);
        if (block !== NULL_BLOCK && this.#pool.references[block] === 0) blocks.push(block);
      }
    });
    return blocks.reverse();
  }

  depth(block: number): number {
    let depth = 0;
    for (let node = this.#pool.labels[block]; node > 0; node = this.tree.parentOf(node)) depth++;
    return depth - 1;
  }

  get byteLength(): number {
    return this.tree.byteLength + this.#blockOf.byteLength + this.host.byteLength;
  }

  /** O(capacity). Throws on the first broken law. */
  checkInvariants(): void {
    let labelled = 0;
    this.tree.checkInvariants((node) => {
      assert(
        this.tree.firstChild(node) !== 0 || this.#hasBlock(node),
        () => `node ${node} has neither block nor child`,
      );
      for (let group = 0; group < this.groupCount; group++) labelled += this.#checkResidency(node, group);
    });
    for (let block = 1; block <= this.#pool.blockCount; block++) if (this.#pool.labels[block] !== 0) labelled--;
    assert(labelled === 0, () => `${-labelled} labelled blocks belong to no node`);
  }

  #checkResidency(node: number, group: number): number {
    const block = this.blockOf(group, node);
    if (block === NULL_BLOCK) return 0;
    assert(
      this.#pool.labels[block] === node,
      () => `block ${block} of node ${node} is labelled ${this.#pool.labels[block]}`,
    );
    const parent = this.tree.parentOf(node);
    assert(
      !this.#whole[group] || parent < 0 || this.blockOf(group, parent) !== NULL_BLOCK,
      () => `node ${node} has block ${block}, its parent ${parent} has none`,
    );
    return 1;
  }

  #tellNewLeaf(node: number): void {
    if (this.eviction.becameLeaf === undefined) return;
    for (let group = 0; group < this.groupCount; group++) {
      const block = this.blockOf(group, node);
      if (block !== NULL_BLOCK && this.#pool.references[block] === 0 && this.isLeaf(block)) {
        this.eviction.becameLeaf(block);
      }
    }
  }

  #hasBlock(node: number): boolean {
    for (let group = 0; group < this.groupCount; group++) if (this.isResident(group, node)) return true;
    return false;
  }

  /** The group in which the node has this block. */
  groupOf(node: number, block: number): number {
    let group = 0;
    while (this.blockOf(group, node) !== block) group++;
    return group;
  }
}
