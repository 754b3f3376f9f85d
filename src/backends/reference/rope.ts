import { type RopeConfig, ropeInverseFrequencies, ropeMagnitude } from "../../rope.ts";

/** Cosines and sines of a step's tokens by one rotary table: [T, dimensions / 2] each, as float64. */
export class RopeAngles {
  readonly half: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
  readonly #frequencies: Float64Array;
  readonly #magnitude: number;

  constructor(rope: RopeConfig, maxTokens: number) {
    this.half = rope.dimensions / 2;
    this.cosines = new Float64Array(maxTokens * this.half);
    this.sines = new Float64Array(maxTokens * this.half);
    this.#frequencies = ropeInverseFrequencies(rope);
    this.#magnitude = ropeMagnitude(rope);
  }

  /** Computes the angles of `positions` [tokenCount]. */
  set(positions: Int32Array, tokenCount: number): void {
    for (let t = 0; t < tokenCount; t++) {
      for (let i = 0; i < this.half; i++) {
        const angle = positions[t] * this.#frequencies[i];
        this.cosines[t * this.half + i] = Math.cos(angle) * this.#magnitude;
        this.sines[t * this.half + i] = Math.sin(angle) * this.#magnitude;
      }
    }
  }
}

/**
 * Rotates pairs (i, i + dimensions / 2) of every head of x [tokenCount, headCount, headDim] in place; numbers of a head
 * beyond `dimensions` stay. Source: RoFormer, arXiv 2104.09864, with the pairing of Hugging Face's Llama.
 */
export function rotate(
  x: Float64Array,
  tokenCount: number,
  angles: RopeAngles,
  headCount: number,
  headDim: number,
): void {
  const { half, cosines, sines } = angles;
  for (let t = 0; t < tokenCount; t++) {
    for (let head = 0; head < headCount; head++) {
      const start = (t * headCount + head) * headDim;
      for (let i = 0; i < half; i++) {
        const cosine = cosines[t * half + i];
        const sine = sines[t * half + i];
        const low = x[start + i];
        const high = x[start + half + i];
        x[start + i] = low * cosine - high * sine;
        x[start + half + i] = high * cosine + low * sine;
      }
    }
  }
}
