import { assert } from "../assert.ts";

/** Hashes the `length` tokens from `start` under a parent; only finds candidates, so any function is right. */
export type BlockHash = (parent: number, tokens: Int32Array, start: number, length: number) => number;

/** Children that one partial match compares: beyond some dozens a longer common beginning is not worth the walk. */
const MAX_SIBLINGS_COMPARED = 64;

/**
 * Tree of token blocks: a node is (parent, its tokens); a root is a domain. Exact: the hash only finds candidates, the
 * parent and all tokens are compared. A node's number stands for the whole beginning up to and including its block.
 *
 * Nodes are numbers 1..capacity, columns are typed arrays; a root is the negative number `rootOf(domain)`.
 * `find` and `insert` are O(blockSize), `remove` likewise.
 *
 * Laws: a live node's parent is live; the children of a node are exactly the nodes that name it parent; each live node
 * is in the bucket of its hash.
 */
export class PrefixTree {
  readonly capacity: number;
  readonly blockSize: number;
  readonly #hash: BlockHash;
  readonly #parent: Int32Array;
  readonly #tokens: Int32Array;
  /** Next in the bucket; of an unused node, the next unused one. */
  readonly #bucketNext: Int32Array;
  readonly #firstChild: Int32Array;
  readonly #nextSibling: Int32Array;
  readonly #prevSibling: Int32Array;
  readonly #buckets: Int32Array;
  readonly #rootChild: number[] = [];
  #unused = 1;
  #size = 0;

  constructor(options: { capacity: number; blockSize: number; hash?: BlockHash }) {
    const { capacity, blockSize } = options;
    this.capacity = capacity;
    this.blockSize = blockSize;
    this.#hash = options.hash ?? multilinearHash(blockSize);
    this.#parent = new Int32Array(capacity + 1);
    this.#tokens = new Int32Array((capacity + 1) * blockSize);
    this.#bucketNext = new Int32Array(capacity + 1);
    this.#firstChild = new Int32Array(capacity + 1);
    this.#nextSibling = new Int32Array(capacity + 1);
    this.#prevSibling = new Int32Array(capacity + 1);
    // One to two nodes a bucket: 2 to 4 bytes a node.
    this.#buckets = new Int32Array(2 ** Math.floor(Math.log2(Math.max(2, capacity))));
    for (let node = 1; node < capacity; node++) this.#bucketNext[node] = node + 1;
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
    return this.#parent[node];
  }

  /** Most recently inserted child, 0 for none; go on with `nextSibling`. */
  firstChild(node: number): number {
    return node < 0 ? (this.#rootChild[~node] ?? 0) : this.#firstChild[node];
  }

  nextSibling(node: number): number {
    return this.#nextSibling[node];
  }

  /** The domain that a node belongs to. O(depth). */
  domainOf(node: number): number {
    let at = node;
    while (at > 0) at = this.#parent[at];
    return ~at;
  }

  /** [blockSize] the node's tokens, a copy. */
  tokensOf(node: number): Int32Array {
    return this.#tokens.slice(node * this.blockSize, (node + 1) * this.blockSize);
  }

  /** The child of `parent` with exactly the block's tokens from `start`; 0 for none. */
  find(parent: number, tokens: Int32Array, start: number): number {
    const bucket = this.#hash(parent, tokens, start, this.blockSize) & (this.#buckets.length - 1);
    let node = this.#buckets[bucket];
    while (node !== 0 && !(this.#parent[node] === parent && this.#equals(node, tokens, start))) node = this.#bucketNext[node];
    return node;
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
    for (let node = this.firstChild(parent); node !== 0 && left > 0; node = this.#nextSibling[node], left--) {
      const length = this.commonLength(node, tokens, start, Math.min(limit, this.blockSize));
      if (length > bestLength && accepts(node)) {
        best = node;
        bestLength = length;
      }
    }
    return best;
  }

  /** Adds a child that is not there yet; returns 0 where the tree is full. */
  insert(parent: number, tokens: Int32Array, start: number): number {
    const node = this.#unused;
    if (node === 0 || node > this.capacity) return 0;
    this.#unused = this.#bucketNext[node];
    const base = node * this.blockSize;
    for (let i = 0; i < this.blockSize; i++) this.#tokens[base + i] = tokens[start + i];
    this.#parent[node] = parent;
    this.#firstChild[node] = 0;
    const bucket = this.#hash(parent, tokens, start, this.blockSize) & (this.#buckets.length - 1);
    this.#bucketNext[node] = this.#buckets[bucket];
    this.#buckets[bucket] = node;
    this.#linkSibling(parent, node);
    this.#size++;
    return node;
  }

  /** Removes a node without children. */
  remove(node: number): void {
    assert(this.#firstChild[node] === 0, () => `remove(${node}): the node has children`);
    const bucket = this.#hash(this.#parent[node], this.#tokens, node * this.blockSize, this.blockSize) & (this.#buckets.length - 1);
    let at = this.#buckets[bucket];
    if (at === node) this.#buckets[bucket] = this.#bucketNext[node];
    else {
      while (this.#bucketNext[at] !== node) at = this.#bucketNext[at];
      this.#bucketNext[at] = this.#bucketNext[node];
    }
    this.#unlinkSibling(node);
    this.#bucketNext[node] = this.#unused;
    this.#unused = node;
    this.#size--;
  }

  /** Visits every live node, parents before children. O(size). */
  forEachDown(visit: (node: number) => void): void {
    const open = this.#rootChild.filter((child) => child > 0);
    while (open.length > 0) {
      const node = open.pop()!;
      if (this.#nextSibling[node] !== 0) open.push(this.#nextSibling[node]);
      if (this.#firstChild[node] !== 0) open.push(this.#firstChild[node]);
      visit(node);
    }
  }

  get byteLength(): number {
    const columns = [this.#parent, this.#tokens, this.#bucketNext, this.#firstChild, this.#nextSibling, this.#prevSibling, this.#buckets];
    return columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** O(capacity). Throws on the first broken law. `visit` sees every live node. */
  checkInvariants(visit: (node: number) => void): void {
    let live = 0;
    for (const head of this.#buckets) {
      for (let node = head; node !== 0; node = this.#bucketNext[node]) {
        live++;
        assert(this.find(this.#parent[node], this.#tokens, node * this.blockSize) === node, () => `node ${node} is not found by its own key`);
        assert(this.#isChild(node), () => `node ${node} is missing among the children of ${this.#parent[node]}`);
        visit(node);
      }
    }
    assert(live === this.#size, () => `the tree says ${this.#size} nodes and holds ${live}`);
  }

  #isChild(node: number): boolean {
    for (let child = this.firstChild(this.#parent[node]); child !== 0; child = this.#nextSibling[child]) if (child === node) return true;
    return false;
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
    else this.#firstChild[parent] = node;
  }

  #linkSibling(parent: number, node: number): void {
    const next = this.firstChild(parent);
    this.#nextSibling[node] = next;
    this.#prevSibling[node] = 0;
    if (next !== 0) this.#prevSibling[next] = node;
    this.#setFirstChild(parent, node);
  }

  #unlinkSibling(node: number): void {
    const next = this.#nextSibling[node];
    const prev = this.#prevSibling[node];
    if (next !== 0) this.#prevSibling[next] = prev;
    if (prev !== 0) this.#nextSibling[prev] = next;
    else this.#setFirstChild(this.#parent[node], next);
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
