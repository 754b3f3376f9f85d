/**
 * Threefry-4x32-20, a counter-based random function: the same key and counter give the same words, so a draw needs
 * no state, and neither the batch nor a preemption nor the device can change it.
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11 (Random123).
 */

const ROUNDS = 20;
/** XORed over the key words into the last word of the key schedule (Skein's C240). */
const PARITY = 0x1bd11bda;
/** Rotation of words 1 and 3 in rounds 0..7; later rounds begin again. */
const ROTATE_1 = [10, 11, 13, 23, 6, 17, 25, 18];
const ROTATE_3 = [26, 21, 27, 5, 20, 11, 10, 20];

const schedule = new Int32Array(5);

/** Writes the four random words of (key, counter) to `out`. All three hold 4 words; any 32-bit typed array will do. */
export function threefry4x32(out: Int32Array | Uint32Array, key: ArrayLike<number>, counter: ArrayLike<number>): void {
  schedule[4] = PARITY;
  for (let i = 0; i < 4; i++) {
    schedule[i] = key[i];
    schedule[4] ^= key[i];
  }
  let x0 = (counter[0] + schedule[0]) | 0;
  let x1 = (counter[1] + schedule[1]) | 0;
  let x2 = (counter[2] + schedule[2]) | 0;
  let x3 = (counter[3] + schedule[3]) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    x0 = (x0 + x1) | 0;
    const mixed1 = rotateLeft(x1, ROTATE_1[round & 7]) ^ x0;
    x2 = (x2 + x3) | 0;
    x1 = rotateLeft(x3, ROTATE_3[round & 7]) ^ x2; // words 1 and 3 change partners every round
    x3 = mixed1;
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1;
      x0 = (x0 + schedule[injection % 5]) | 0;
      x1 = (x1 + schedule[(injection + 1) % 5]) | 0;
      x2 = (x2 + schedule[(injection + 2) % 5]) | 0;
      x3 = (x3 + schedule[(injection + 3) % 5] + injection) | 0;
    }
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

const words = new Int32Array(4);
const key = new Int32Array(4);
const counter = new Int32Array(4);

/**
 * The draw in [0, 1) for the token at `position` of a request's choice: 24 bits, so that float32 holds it exactly.
 * `seedLow` and `seedHigh` are the words of the 64-bit seed, signed or unsigned.
 */
export function uniform(seedLow: number, seedHigh: number, choice: number, position: number): number {
  key[0] = seedLow;
  key[1] = seedHigh;
  key[2] = choice;
  counter[0] = position;
  threefry4x32(words, key, counter);
  return (words[0] >>> 8) * 2 ** -24;
}
