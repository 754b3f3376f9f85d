import { assert } from "../assert.ts";

/** Hashes the `length` tokens from `start` under a parent; only finds candidates, so any function is right. */
export type BlockHash = (parent: number, tokens: Int32Array, start: number, length: number) => number;

/** Fields of a node, side by side: a visit touches one cache line instead of five. */
const PARENT = 0;
const FIRST_CHILD = 1;
/** Of an unused node: the next unused one. */
const NEXT_SIBLING = 2;
const PREV_SIBLING = 3;
const FIELDS = 4;

/** Places of the table a node, at least: fuller, the runs of entries grow long. With the next power of two it is 5 to 10 bytes a node. */
const PLACES_A_NODE = 1.25;

/** Children that one partial match compares: beyond some dozens a longer common beginning is not worth the walk. */
const MAX_SIBLINGS_COMPARED = 64;

/**
 * Tree of token blocks: a node is (parent, its tokens); a root is a domain. Exact: the hash only finds candidates, the
 * parent and all tokens are compared. A node's number stands for the whole beginning up to and including its block.
 *
 * Nodes are numbers 1..capacity, columns are typed arrays; a root is the negative number `rootOf(domain)`.
 * `find`, `findOrInsert` and `remove` are O(blockSize).
 *
 * Nodes are found through a table with linear probing whose entries carry some bits of the hash beside the node's number: a
 * look for what is not there touches no node. Chains of nodes took twice as long (bench/blocks/kv-cache.bench.ts).
 *
 * Laws: a live node's parent is live; the children of a node are exactly the nodes that name it parent; from the place of
 * its hash to a live node's entry no place is empty.
 */
export class PrefixTree {
  readonly capacity: number;
  readonly blockSize: number;
  readonly #hash: BlockHash;
  /** [(capacity + 1) x FIELDS] */
  readonly #nodes: Int32Array;
  /** [(capacity + 1) x blockSize] */
  readonly #tokens: Int32Array;
  /** [2^n] entries: the node's number, and above it bits of its hash; 0 is empty. One place at least is. */
  readonly #table: Int32Array;
  /** Bits of an entry that are the number. */
  readonly #numberMask: number;
  readonly #rootChild: number[] = [];
  #unused = 1;
  #size = 0;

  constructor(options: { capacity: number; blockSize: number; hash?: BlockHash }) {
    const { capacity, blockSize } = options;
    this.capacity = capacity;
    this.blockSize = blockSize;
    this.#hash = options.hash ?? multilinearHash(blockSize);
    this.#nodes = new Int32Array((capacity + 1) * FIELDS);
    this.#tokens = new Int32Array((capacity + 1) * blockSize);
    this.#numberMask = 2 ** Math.ceil(Math.log2(capacity + 1)) - 1;
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(PLACES_A_NODE * capacity + 1)));
    for (let node = 1; node < capacity; node++) this.#nodes[node * FIELDS + NEXT_SIBLING] = node + 1;
  }

  /** The parent of a domain's first blocks. */
  static rootOf(domain: number): number {
    return ~domain;
  }

  /** Live nodes. */
  get size(): number {
    return this.#size;
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
    return this.#findHashed(this.#hash(parent, tokens, start, this.blockSize) | 0, parent, tokens, start);
  }

  /** The same, added where it is not there; 0 where the tree is full. `size` tells whether it grew. */
  findOrInsert(parent: number, tokens: Int32Array, start: number): number {
    const hash = this.#hash(parent, tokens, start, this.blockSize) | 0;
    const found = this.#findHashed(hash, parent, tokens, start);
    return found === 0 ? this.#insert(hash, parent, tokens, start) : found;
  }

  /** How many tokens from `start`, `limit` at most, the node's block begins with. */
  commonLength(node: number, tokens: Int32Array, start: number, limit: number): number {
    const base = node * this.blockSize;
    let length = 0;
    while (length < limit && this.#tokens[base + length] === tokens[start + length]) length++;
    return length;
  }

  /** The child that shares the longest beginning with the tokens and that `accepts`; 0 for none. Newest children first, a bounded number of them. */
  findPartial(parent: number, tokens: Int32Array, start: number, limit: number, accepts: (node: number) => boolean): number {
    let best = 0;
    let bestLength = 0;
    let left = MAX_SIBLINGS_COMPARED;
    for (let node = this.firstChild(parent); node !== 0 && left > 0; node = this.#nodes[node * FIELDS + NEXT_SIBLING], left--) {
      const length = this.commonLength(node, tokens, start, Math.min(limit, this.blockSize));
      if (length > bestLength && accepts(node)) {
        best = node;
        bestLength = length;
      }
    }
    return best;
  }

  /** Removes a node without children. */
  remove(node: number): void {
    assert(this.#nodes[node * FIELDS + FIRST_CHILD] === 0, () => `remove(${node}): the node has children`);
    this.#removeEntry(node);
    this.#unlinkSibling(node);
    this.#nodes[node * FIELDS + NEXT_SIBLING] = this.#unused;
    this.#unused = node;
    this.#size--;
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
    return this.#nodes.byteLength + this.#tokens.byteLength + this.#table.byteLength;
  }

  /** O(capacity). Throws on the first broken law. `visit` sees every live node. */
  checkInvariants(visit: (node: number) => void): void {
    let live = 0;
    for (const entry of this.#table) {
      if (entry === 0) continue;
      const node = entry & this.#numberMask;
      live++;
      assert(this.find(this.parentOf(node), this.#tokens, node * this.blockSize) === node, () => `node ${node} is not found by its own key`);
      assert(this.#isChild(node), () => `node ${node} is missing among the children of ${this.parentOf(node)}`);
      visit(node);
    }
    assert(live === this.#size, () => `the tree says ${this.#size} nodes and holds ${live}`);
  }

  #isChild(node: number): boolean {
    for (let child = this.firstChild(this.#nodes[node * FIELDS + PARENT]); child !== 0; child = this.#nodes[child * FIELDS + NEXT_SIBLING]) if (child === node) return true;
    return false;
  }

  #findHashed(hash: number, parent: number, tokens: Int32Array, start: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const tag = hash & ~this.#numberMask;
    for (let place = hash & mask; table[place] !== 0; place = (place + 1) & mask) {
      if ((table[place] & ~this.#numberMask) !== tag) continue;
      const node = table[place] & this.#numberMask;
      if (this.#nodes[node * FIELDS + PARENT] === parent && this.#equals(node, tokens, start)) return node;
    }
    return 0;
  }

  #insert(hash: number, parent: number, tokens: Int32Array, start: number): number {
    const node = this.#unused;
    if (node === 0 || node > this.capacity) return 0;
    const nodes = this.#nodes;
    const at = node * FIELDS;
    this.#unused = nodes[at + NEXT_SIBLING];
    const base = node * this.blockSize;
    for (let i = 0; i < this.blockSize; i++) this.#tokens[base + i] = tokens[start + i];
    nodes[at + PARENT] = parent;
    nodes[at + FIRST_CHILD] = 0;
    this.#insertEntry(hash, node);
    this.#linkSibling(parent, node);
    this.#size++;
    return node;
  }

  #hashOf(node: number): number {
    return this.#hash(this.#nodes[node * FIELDS + PARENT], this.#tokens, node * this.blockSize, this.blockSize) | 0;
  }

  #insertEntry(hash: number, node: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let place = hash & mask;
    while (table[place] !== 0) place = (place + 1) & mask;
    table[place] = (hash & ~this.#numberMask) | node;
  }

  /** Empties the node's place and moves later entries up that it kept from theirs. Source: Knuth, TAOCP 3, algorithm 6.4R. */
  #removeEntry(node: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = this.#hashOf(node) & mask;
    while ((table[hole] & this.#numberMask) !== node) hole = (hole + 1) & mask;
    for (let place = (hole + 1) & mask; table[place] !== 0; place = (place + 1) & mask) {
      const home = this.#hashOf(table[place] & this.#numberMask) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      table[hole] = table[place];
      hole = place;
    }
    table[hole] = 0;
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

  #linkSibling(parent: number, node: number): void {
    const next = this.firstChild(parent);
    this.#nodes[node * FIELDS + NEXT_SIBLING] = next;
    this.#nodes[node * FIELDS + PREV_SIBLING] = 0;
    if (next !== 0) this.#nodes[next * FIELDS + PREV_SIBLING] = node;
    this.#setFirstChild(parent, node);
  }

  #unlinkSibling(node: number): void {
    const next = this.#nodes[node * FIELDS + NEXT_SIBLING];
    const prev = this.#nodes[node * FIELDS + PREV_SIBLING];
    if (next !== 0) this.#nodes[next * FIELDS + PREV_SIBLING] = prev;
    if (prev !== 0) this.#nodes[prev * FIELDS + NEXT_SIBLING] = next;
    else this.#setFirstChild(this.#nodes[node * FIELDS + PARENT], next);
  }
}

/**
 * Sum of token times coefficient, then a finalizer: the products do not wait for each other, as those of a rolling hash do.
 * Source: multilinear hashing (Lemire and Kaser, arXiv 1202.4961); finalizer of MurmurHash3.
 */
function multilinearHash(blockSize: number): BlockHash {
  const coefficients = new Int32Array(blockSize);
  let state = 0x9e3779b9;
  for (let i = 0; i < blockSize; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6a09e667;
    coefficients[i] = state | 1;
  }
  return (parent, tokens, start, length) => {
    let hash = Math.imul(parent, 0x85ebca6b);
    for (let i = 0; i < length; i++) hash = (hash + Math.imul(tokens[start + i], coefficients[i])) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    return (hash ^ (hash >>> 15)) >>> 0;
  };
}
