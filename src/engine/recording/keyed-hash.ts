/** Two halves of a 64-bit word. */
interface Word {
  low: number;
  high: number;
}

/** The first words of the state: "somepseudorandomlygeneratedbytes" in ASCII. */
const INITIAL = [
  [0x70736575, 0x736f6d65],
  [0x6e646f6d, 0x646f7261],
  [0x6e657261, 0x6c796765],
  [0x79746573, 0x74656462],
] as const;

const ROUNDS = 2;
const FINAL_ROUNDS = 4;

/** Bits of the upper half that fit into a number beside the lower half. */
const HIGH_MASK = 2 ** 21 - 1;

/**
 * SipHash-2-4 of 32-bit words: without the key, a hash does not tell what was hashed, and guesses cannot be compared.
 * Source: Aumasson and Bernstein, 2012.
 *
 * Law: `low` and `high` are the hash of the words that were added since `begin`, once `end` was called.
 */
export class KeyedHash {
  readonly #key: Uint32Array;
  readonly #state: readonly [Word, Word, Word, Word];
  /** The first half of a word that is not whole yet. */
  #half = 0;
  #count = 0;
  low = 0;
  high = 0;

  /** `key` is [4]: 128 bits. */
  constructor(key: Uint32Array) {
    this.#key = key.slice(0, 4);
    this.#state = [0, 1, 2, 3].map(() => ({ low: 0, high: 0 })) as unknown as [Word, Word, Word, Word];
  }

  begin(): void {
    this.#count = 0;
    for (let i = 0; i < 4; i++) {
      this.#state[i].low = INITIAL[i][0] ^ this.#key[2 * (i & 1)];
      this.#state[i].high = INITIAL[i][1] ^ this.#key[2 * (i & 1) + 1];
    }
  }

  /** Adds a 32-bit word. */
  add(value: number): void {
    if ((this.#count++ & 1) === 0) this.#half = value | 0;
    else this.#absorb(this.#half, value | 0);
  }

  end(): void {
    const bytes = (this.#count * 4) << 24;
    if ((this.#count & 1) === 0) this.#absorb(0, bytes);
    else this.#absorb(this.#half, bytes);
    const [a, b, c, d] = this.#state;
    c.low ^= 0xff;
    for (let round = 0; round < FINAL_ROUNDS; round++) this.#round();
    this.low = a.low ^ b.low ^ c.low ^ d.low;
    this.high = a.high ^ b.high ^ c.high ^ d.high;
  }

  /** The hash as an integer in [0, 2^53). */
  get value(): number {
    return (this.high & HIGH_MASK) * 2 ** 32 + (this.low >>> 0);
  }

  #absorb(low: number, high: number): void {
    const [a, , , d] = this.#state;
    d.low ^= low;
    d.high ^= high;
    for (let round = 0; round < ROUNDS; round++) this.#round();
    a.low ^= low;
    a.high ^= high;
  }

  #round(): void {
    const [a, b, c, d] = this.#state;
    mix(a, b, 13);
    swap(a);
    mix(c, d, 16);
    mix(a, d, 21);
    mix(c, b, 17);
    swap(c);
  }
}

/** x += y, y = (y rotated left) ^ x. */
function mix(x: Word, y: Word, bits: number): void {
  const low = (x.low >>> 0) + (y.low >>> 0);
  x.high = (x.high + y.high + (low > 0xffffffff ? 1 : 0)) | 0;
  x.low = low | 0;
  const rotated = (y.low << bits) | (y.high >>> (32 - bits));
  y.high = ((y.high << bits) | (y.low >>> (32 - bits))) ^ x.high;
  y.low = rotated ^ x.low;
}

/** Rotates by 32 bits. */
function swap(word: Word): void {
  const { low } = word;
  word.low = word.high;
  word.high = low;
}
