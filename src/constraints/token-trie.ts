/** What a trie needs of a tokenizer. */
export interface TokenSource {
  readonly vocabSize: number;
  /** Bytes of an id; none for special and unknown ids. */
  tokenBytes(id: number): Uint8Array;
}

/**
 * The bytes of all tokens as a prefix tree in preorder, so that one pass over flat arrays visits it, and a jump to
 * `ends[node]` skips a subtree. Node 0 is the root. Read-only; one trie serves all masks of a tokenizer.
 *
 * Special ids have no bytes and are in no node: a grammar never allows them, other than the stop ids at its end.
 */
export class TokenTrie {
  readonly vocabSize: number;
  /** [nodes] byte on the edge to the node. */
  readonly bytes: Uint8Array;
  /** [nodes] length of the node's prefix. */
  readonly depths: Uint16Array;
  /** [nodes] first node behind the node's subtree. */
  readonly ends: Int32Array;
  /** [nodes + 1] the tokens of node i are `tokenIds[tokenStarts[i] .. tokenStarts[i + 1])`. */
  readonly tokenStarts: Int32Array;
  readonly tokenIds: Int32Array;
  /** Length of the longest token in bytes. */
  readonly maxDepth: number;
  readonly #source: TokenSource;

  /** O(bytes of the vocabulary x log tokens). */
  constructor(source: TokenSource) {
    this.#source = source;
    this.vocabSize = source.vocabSize;
    const tokens = sortedTokens(source);
    const nodes = new NodeList();
    for (const token of tokens) nodes.add(token);
    nodes.finish();
    this.bytes = Uint8Array.from(nodes.bytes);
    this.depths = Uint16Array.from(nodes.depths);
    this.ends = Int32Array.from(nodes.ends);
    this.tokenStarts = Int32Array.from(nodes.tokenStarts);
    this.tokenIds = Int32Array.from(tokens, ({ id }) => id);
    this.maxDepth = this.depths.reduce((most, depth) => Math.max(most, depth), 0);
  }

  get nodeCount(): number {
    return this.bytes.length;
  }

  /** The longest token that the bytes from `at` on begin with; of equal ones the lowest id. -1 for none. */
  longestToken(bytes: Uint8Array, at: number): number {
    let found = -1;
    let node = 1;
    let end = this.nodeCount;
    for (let i = at; i < bytes.length && node < end;) {
      if (this.bytes[node] !== bytes[i]) {
        node = this.ends[node];
        continue;
      }
      if (this.tokenStarts[node] < this.tokenStarts[node + 1]) found = this.tokenIds[this.tokenStarts[node]];
      end = this.ends[node];
      node++;
      i++;
    }
    return found;
  }

  /** Bytes of an id; none for special ids and for ids outside the vocabulary. */
  tokenBytes(id: number): Uint8Array {
    return id >= 0 && id < this.vocabSize ? this.#source.tokenBytes(id) : NO_BYTES;
  }
}

const NO_BYTES = new Uint8Array(0);

interface Token {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Tokens with bytes, in the order of their bytes. */
function sortedTokens(source: TokenSource): Token[] {
  const tokens: Token[] = [];
  for (let id = 0; id < source.vocabSize; id++) {
    const bytes = source.tokenBytes(id);
    if (bytes.length > 0) tokens.push({ id, bytes });
  }
  return tokens.sort((a, b) => compareBytes(a.bytes, b.bytes) || a.id - b.id);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Nodes in preorder, made from tokens in the order of their bytes. */
class NodeList {
  readonly bytes = [0];
  readonly depths = [0];
  readonly ends = [0];
  readonly tokenStarts = [0];
  /** Nodes from the root to the last one. */
  readonly #path = [0];
  #tokenCount = 0;
  #last: Uint8Array = NO_BYTES;

  add({ bytes }: Token): void {
    let shared = 0;
    while (shared < this.#last.length && shared < bytes.length && this.#last[shared] === bytes[shared]) shared++;
    this.#close(shared);
    for (let depth = shared; depth < bytes.length; depth++) {
      this.#path.push(this.bytes.length);
      this.bytes.push(bytes[depth]);
      this.depths.push(depth + 1);
      this.ends.push(0);
      this.tokenStarts.push(this.#tokenCount);
    }
    this.#tokenCount++;
    this.#last = bytes;
  }

  finish(): void {
    this.#close(-1);
    this.tokenStarts.push(this.#tokenCount);
  }

  /** Ends the subtrees below `depth`. */
  #close(depth: number): void {
    while (this.#path.length > depth + 1) this.ends[this.#path.pop()!] = this.bytes.length;
  }
}
