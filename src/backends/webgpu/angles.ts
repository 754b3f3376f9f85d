import type { DecoderConfig } from "../../decoder.ts";
import { ropeInverseFrequencies } from "../../rope.ts";
import { vectors } from "./shape.ts";

/**
 * Cosines and sines of the rotary embedding, computed in float64: [positions, headDim / 2, 2] with every position's
 * pairs padded to whole vectors. A GPU's own cosine is too rough for large angles (WGSL promises 2^-11 absolute).
 */
export function fillAngles(target: Float32Array, config: DecoderConfig, positions: number): void {
  const frequencies = ropeInverseFrequencies(config.ropes[0]);
  const stride = angleStride(config);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < frequencies.length; i++) {
      const angle = position * frequencies[i];
      target[position * stride + 2 * i] = Math.cos(angle);
      target[position * stride + 2 * i + 1] = Math.sin(angle);
    }
  }
}

/** Numbers of one position. */
export function angleStride(config: DecoderConfig): number {
  return 4 * vectors(config.headDim);
}
