import { type RopeConfig, ropeInverseFrequencies, ropeMagnitude } from "../../rope.ts";
import { vectors } from "./shape.ts";

/**
 * Cosines and sines of a rotary embedding, times its magnitude, computed in float64: [positions, headDim / 2, 2] with
 * every position's pairs padded to whole vectors. Numbers of a head that are not rotated have an angle of 0. A GPU's
 * own cosine is too rough for large angles (WGSL promises 2^-11 absolute).
 */
export function fillAngles(target: Float32Array, rope: RopeConfig, headDim: number, positions: number): void {
  const frequencies = ropeInverseFrequencies(rope);
  const magnitude = ropeMagnitude(rope);
  const stride = angleStride(headDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < headDim / 2; i++) {
      const angle = i < frequencies.length ? position * frequencies[i] : 0;
      const factor = i < frequencies.length ? magnitude : 1;
      target[position * stride + 2 * i] = Math.cos(angle) * factor;
      target[position * stride + 2 * i + 1] = Math.sin(angle) * factor;
    }
  }
}

/** Numbers of one position. */
export function angleStride(headDim: number): number {
  return 4 * vectors(headDim);
}
