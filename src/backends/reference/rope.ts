import { type ModelConfig, ropeInverseFrequencies } from "../../model.ts";

/** Cosines and sines of every position's angles: [contextLength, headDim / 2] each. */
export interface RopeTable {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Angles depend on the position alone, so each is computed once. */
export function createRopeTable(config: ModelConfig): RopeTable {
  const frequencies = ropeInverseFrequencies(config);
  const half = frequencies.length;
  const cosines = new Float64Array(config.contextLength * half);
  const sines = new Float64Array(config.contextLength * half);
  for (let i = 0; i < cosines.length; i++) {
    const angle = Math.floor(i / half) * frequencies[i % half];
    cosines[i] = Math.cos(angle);
    sines[i] = Math.sin(angle);
  }
  return { cosines, sines };
}

/**
 * Rotates pairs (i, i + headDim/2) of every head of x [tokenCount, headCount, headDim] in place by the token's angles.
 * Source: RoFormer, arXiv 2104.09864, with the pairing of Hugging Face's Llama.
 */
export function rotate(
  x: Float64Array,
  positions: Int32Array,
  tokenCount: number,
  table: RopeTable,
  headCount: number,
  headDim: number,
): void {
  const half = headDim / 2;
  for (let t = 0; t < tokenCount; t++) {
    const angles = positions[t] * half;
    for (let head = 0; head < headCount; head++) {
      const start = (t * headCount + head) * headDim;
      for (let i = 0; i < half; i++) {
        const cosine = table.cosines[angles + i];
        const sine = table.sines[angles + i];
        const low = x[start + i];
        const high = x[start + half + i];
        x[start + i] = low * cosine - high * sine;
        x[start + half + i] = high * cosine + low * sine;
      }
    }
  }
}
