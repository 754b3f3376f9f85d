import { assert } from "../assert.ts";
import { InvalidPolicyError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import { widened } from "../widen.ts";
import { multilinearHash, type BlockHash } from "./block-hash.ts";
import { SiblingTable } from "./sibling-table.ts";

/** Fields of a node, side by side: a visit touches one cache line instead of five. */
const PARENT = 0;
const FIRST_CHILD = 1;
/** Of an unused node: the next unused one. */
const NEXT_SIBLING = 2;
const PREV_SIBLING = 3;
const FIELDS = 4;

/**
 * Tree of token blocks: a node is (parent, its tokens); a root is a domain. Exact: the hash only finds candidates, then
 * parent and all tokens are compared. A node's number stands for the whole prefix up to the end of its block.
 *
 * Nodes are numbers 1..capacity, columns are typed arrays; a root is the negative number `rootOf(domain)`. `find`,
 * `findOrInsert` and `remove` are O(blockSize).
 *
 * Most nodes have no siblings: an only child is found from its parent, and nothing is hashed. Siblings are found
 * through a hash table. With every node in the table a match of 8,192 tokens took 31 µs instead of 17, and indexing
 * them 50 µs instead of 32 (bench/blocks/kv-cache.bench.ts).
 *
 * The hash is asked once for each node that gets siblings, before anything changes: it may throw, or answer otherwise
 * another time.
 *
 * Laws: a live node's parent is live; the children of a node are exactly the nodes that name it parent; exactly the
 * nodes that have siblings are in the hash table.
 */
export class PrefixTree {
  /** Room for nodes: doubled when used up, until the limit. */
  capacity: number;
  /** Live nodes; written here alone. */
  size = 0;
  readonly blockSize: number;
  /** Most nodes: where they are used up, no more blocks are indexed. */
  readonly limit: number;
  readonly #hash: BlockHash;
  /** [(capacity + 1) x FIELDS] */
  #nodes: Int32Array;
  /** [(capacity + 1) x blockSize] */
  #tokens: Int32Array;
  /** The nodes that have siblings. */
  #siblings: SiblingTable;
  readonly #rootChild: number[] = [];
  /** The first unused node, 0 for none. */
  #unused = 0;

  constructor(options: { capacity: number; limit?: number; blockSize: number; hash?: BlockHash }) {
    const { capacity, blockSize } = options;
    this.limit = options.limit ?? capacity;
    this.capacity = capacity;
    this.blockSize = blockSize;
    this.#hash = options.hash ?? multilinearHash(blockSize);
    this.#nodes = new Int32Array((capacity + 1) * FIELDS);
    // Filled now, because the first touch of a page takes time. A step of 256 decodes takes 0.95 of the time
    // (bench/scheduler/scheduler.bench.ts), a slow one 0.8.
    this.#tokens = new Int32Array((capacity + 1) * blockSize).fill(0);
    this.#siblings = new SiblingTable(capacity);
    this.#linkUnused(1);
  }

  /** The parent of a domain's first blocks. */
  static rootOf(domain: number): number {
    return ~domain;
  }

  parentOf(node: number): number {
    return this.#nodes[node * FIELDS + PARENT];
  }

  /** Most recently inserted child, 0 for none; go on with `nextSibling`. */
  firstChild(node: number): number {
    return node < 0 ? (this.#rootChild[~node] ?? 0) : this.#nodes[node * FIELDS + FIRST_CHILD];
  }

  nextSibling(node: number): number {
    return this.#nodes[node * FIELDS + NEXT_SIBLING];
  }

  /** The domain that a node belongs to. O(depth). */
  domainOf(node: number): number {
    let at = node;
    while (at > 0) at = this.#nodes[at * FIELDS + PARENT];
    return ~at;
  }

  /** [blockSize] the node's tokens, a copy. */
  tokensOf(node: number): Int32Array {
    return this.#tokens.slice(node * this.blockSize, (node + 1) * this.blockSize);
  }

  /** The child of `parent` with exactly the block's tokens from `start`; 0 for none. */
  find(parent: number, tokens: Int32Array, start: number): number {
    const newest = this.firstChild(parent);
    if (newest === 0 || this.#equals(newest, tokens, start)) return newest;
    return this.nextSibling(newest) === 0 ? 0 : this.#findHashed(parent, tokens, start);
  }

  /** The same, inserted if it is missing; 0 if the tree is full. `size` tells whether it grew. */
  findOrInsert(parent: number, tokens: Int32Array, start: number): number {
    const found = this.find(parent, tokens, start);
    return found === 0 ? this.#insert(parent, tokens, start) : found;
  }

  /** How many tokens from `start`, `limit` at most, the node's block begins with. */
  commonLength(node: number, tokens: Int32Array, start: number, limit: number): number {
    const base = node * this.blockSize;
    let length = 0;
    while (length < limit && this.#tokens[base + length] === tokens[start + length]) length++;
    return length;
  }

  /** Removes a node without children. */
  remove(node: number): void {
    assert(this.#nodes[node * FIELDS + FIRST_CHILD] === 0, () => `remove(${node}): the node has children`);
    if (this.#hasSiblings(node)) this.#siblings.remove(node);
    this.#unlinkSibling(node);
    this.#nodes[node * FIELDS + NEXT_SIBLING] = this.#unused;
    this.#unused = node;
    this.size--;
  }

  /** Visits every live node, parents before children. O(size). */
  forEachDown(visit: (node: number) => void): void {
    const open = this.#rootChild.filter((child) => child > 0);
    while (open.length > 0) {
      const node = open.pop()!;
      if (this.#nodes[node * FIELDS + NEXT_SIBLING] !== 0) open.push(this.#nodes[node * FIELDS + NEXT_SIBLING]);
      if (this.#nodes[node * FIELDS + FIRST_CHILD] !== 0) open.push(this.#nodes[node * FIELDS + FIRST_CHILD]);
      visit(node);
    }
  }

  get byteLength(): number {
    return this.#nodes.byteLength + this.#tokens.byteLength + this.#siblings.byteLength;
  }

  /** O(capacity). Throws on the first broken law. `visit` sees every live node. */
  checkInvariants(visit: (node: number) => void): void {
    let live = 0;
    let siblings = 0;
    this.forEachDown((node) => {
      assert(++live <= this.size, () => `the tree says ${this.size} nodes and holds more`);
      if (this.#hasSiblings(node)) siblings++;
      this.#checkNode(node);
      visit(node);
    });
    assert(live === this.size, () => `the tree says ${this.size} nodes and holds ${live}`);
    const entries = this.#siblings.size;
    assert(entries === siblings, () => `${siblings} nodes have siblings, the table holds ${entries}`);
  }

  #checkNode(node: number): void {
    const parent = this.parentOf(node);
    const start = node * this.blockSize;
    const found = this.#hasSiblings(node)
      ? this.#findHashed(parent, this.#tokens, start)
      : this.find(parent, this.#tokens, start);
    assert(found === node, () => `node ${node} is not found by its own key`);
    assert(this.#isChild(node), () => `node ${node} is missing among the children of ${parent}`);
  }

  #isChild(node: number): boolean {
    for (
      let child = this.firstChild(this.#nodes[node * FIELDS + PARENT]);
      child !== 0;
      child = this.#nodes[child * FIELDS + NEXT_SIBLING]
    ) {
      if (child === node) return true;
    }
    return false;
  }

  #hasSiblings(node: number): boolean {
    return this.#nodes[node * FIELDS + NEXT_SIBLING] !== 0 || this.#nodes[node * FIELDS + PREV_SIBLING] !== 0;
  }

  #findHashed(parent: number, tokens: Int32Array, start: number): number {
    const siblings = this.#siblings;
    siblings.seek(this.#hashOf(parent, tokens, start));
    for (let node = siblings.next(); node !== 0; node = siblings.next()) {
      if (this.#nodes[node * FIELDS + PARENT] === parent && this.#equals(node, tokens, start)) return node;
    }
    return 0;
  }

  #insert(parent: number, tokens: Int32Array, start: number): number {
    if (this.#unused === 0 && !this.#grow()) return 0;
    const node = this.#unused;
    this.#hashSiblings(parent, node, tokens, start);
    const nodes = this.#nodes;
    const own = this.#tokens;
    const at = node * FIELDS;
    this.#unused = nodes[at + NEXT_SIBLING];
    for (let i = 0, to = node * this.blockSize; i < this.blockSize; i++) own[to + i] = tokens[start + i];
    nodes[at + PARENT] = parent;
    nodes[at + FIRST_CHILD] = 0;
    this.#linkSibling(parent, node);
    this.size++;
    return node;
  }

  /** Notes the hashes that the node, and an only child beside it, will be found by. */
  #hashSiblings(parent: number, node: number, tokens: Int32Array, start: number): void {
    const newest = this.firstChild(parent);
    if (newest === 0) return;
    this.#siblings.setHash(node, this.#hashOf(parent, tokens, start));
    if (this.nextSibling(newest) === 0) {
      this.#siblings.setHash(newest, this.#hashOf(parent, this.#tokens, newest * this.blockSize));
    }
  }

  #hashOf(parent: number, tokens: Int32Array, start: number): number {
    const hash = this.#hash(parent, tokens, start, this.blockSize);
    if (typeof hash !== "number") throw new InvalidPolicyError(`the hash gave ${shown(hash)}, a number is allowed`);
    return hash | 0;
  }

  /** Makes room for twice as many nodes; false at the limit. O(capacity), amortized O(1) a node. */
  #grow(): boolean {
    const { capacity } = this;
    if (capacity >= this.limit) return false;
    this.capacity = Math.min(2 * capacity, this.limit);
    this.#nodes = widened(this.#nodes, (this.capacity + 1) * FIELDS, 0);
    this.#tokens = widened(this.#tokens, (this.capacity + 1) * this.blockSize, 0);
    this.#linkUnused(capacity + 1);
    this.#siblings = new SiblingTable(this.capacity, this.#siblings);
    this.forEachDown((node) => {
      if (this.#hasSiblings(node)) this.#siblings.insert(node);
    });
    return true;
  }

  /** All nodes from this one on are unused. */
  #linkUnused(from: number): void {
    for (let node = from; node < this.capacity; node++) this.#nodes[node * FIELDS + NEXT_SIBLING] = node + 1;
    this.#unused = from <= this.capacity ? from : 0;
  }

  #equals(node: number, tokens: Int32Array, start: number): boolean {
    const own = this.#tokens;
    const size = this.blockSize;
    const base = node * size;
    for (let i = 0; i < size; i++) if (own[base + i] !== tokens[start + i]) return false;
    return true;
  }

  #setFirstChild(parent: number, node: number): void {
    if (parent < 0) this.#rootChild[~parent] = node;
    else this.#nodes[parent * FIELDS + FIRST_CHILD] = node;
  }

  /** Links the newest child. A previous only child gets its entry, too. */
  #linkSibling(parent: number, node: number): void {
    const nodes = this.#nodes;
    const next = this.firstChild(parent);
    nodes[node * FIELDS + NEXT_SIBLING] = next;
    nodes[node * FIELDS + PREV_SIBLING] = 0;
    this.#setFirstChild(parent, node);
    if (next === 0) return;
    nodes[next * FIELDS + PREV_SIBLING] = node;
    if (nodes[next * FIELDS + NEXT_SIBLING] === 0) this.#siblings.insert(next);
    this.#siblings.insert(node);
  }

  /** Unlinks a node from its siblings. If one sibling is left, it is an only child, and its entry is removed. */
  #unlinkSibling(node: number): void {
    const nodes = this.#nodes;
    const next = nodes[node * FIELDS + NEXT_SIBLING];
    const prev = nodes[node * FIELDS + PREV_SIBLING];
    const parent = nodes[node * FIELDS + PARENT];
    if (next !== 0) nodes[next * FIELDS + PREV_SIBLING] = prev;
    if (prev !== 0) nodes[prev * FIELDS + NEXT_SIBLING] = next;
    else this.#setFirstChild(parent, next);
    if (next === 0 && prev === 0) return;
    const newest = this.firstChild(parent);
    if (!this.#hasSiblings(newest)) this.#siblings.remove(newest);
  }
}
