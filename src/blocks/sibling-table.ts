/** Places of the table for each node, at least: a fuller table has long runs. It takes 5 to 10 bytes a node. */
const PLACES_A_NODE = 1.25;

/**
 * Hash table of nodes with linear probing. An entry is the node's number and, in the bits above it, bits of its hash:
 * most wrong candidates are skipped without a look at the node.
 *
 * Law: from the place of a node's hash to its entry no place is empty.
 */
export class SiblingTable {
  /** [2^n] 0 is empty; at least one place is. */
  readonly #entries: Int32Array;
  /** [capacity + 1] hash of each node. */
  readonly #hashes: Int32Array;
  /** Bits of an entry that are the node's number. */
  readonly #numberMask: number;
  #tag = 0;
  #place = 0;

  /** An empty table for nodes 1..capacity, with the hashes of `before`. */
  constructor(capacity: number, before?: SiblingTable) {
    this.#numberMask = 2 ** Math.ceil(Math.log2(capacity + 1)) - 1;
    this.#entries = new Int32Array(2 ** Math.ceil(Math.log2(PLACES_A_NODE * capacity + 1)));
    this.#hashes = new Int32Array(capacity + 1);
    if (before !== undefined) this.#hashes.set(before.#hashes);
  }

  get byteLength(): number {
    return this.#entries.byteLength + this.#hashes.byteLength;
  }

  /** Nodes in the table. O(capacity). */
  get size(): number {
    return this.#entries.reduce((sum, entry) => sum + (entry === 0 ? 0 : 1), 0);
  }

  /** Notes the hash by which the node will be found. */
  setHash(node: number, hash: number): void {
    this.#hashes[node] = hash;
  }

  insert(node: number): void {
    const entries = this.#entries;
    const hash = this.#hashes[node];
    const mask = entries.length - 1;
    let place = hash & mask;
    while (entries[place] !== 0) place = (place + 1) & mask;
    entries[place] = (hash & ~this.#numberMask) | node;
  }

  /** Begins a search: `next` then names the candidates. */
  seek(hash: number): void {
    this.#tag = hash & ~this.#numberMask;
    this.#place = hash & (this.#entries.length - 1);
  }

  /** The next node whose hash may be the sought one; 0 for none. */
  next(): number {
    const entries = this.#entries;
    const mask = entries.length - 1;
    for (;;) {
      const entry = entries[this.#place];
      if (entry === 0) return 0;
      this.#place = (this.#place + 1) & mask;
      if ((entry & ~this.#numberMask) === this.#tag) return entry & this.#numberMask;
    }
  }

  /** Empties the node's place and moves later entries of its run up. Source: Knuth, TAOCP 3, algorithm 6.4R. */
  remove(node: number): void {
    const entries = this.#entries;
    const mask = entries.length - 1;
    let hole = this.#hashes[node] & mask;
    while ((entries[hole] & this.#numberMask) !== node) hole = (hole + 1) & mask;
    for (let place = (hole + 1) & mask; entries[place] !== 0; place = (place + 1) & mask) {
      const home = this.#hashes[entries[place] & this.#numberMask] & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      entries[hole] = entries[place];
      hole = place;
    }
    entries[hole] = 0;
  }
}
