import type { Arithmetic, Gpu } from "./gpu.ts";
import { arithmeticRate } from "./setup.ts";

/**
 * B*: the tokens a step at which reading the weights takes as long as the arithmetic, by the datasheet. With b bytes a
 * weight, P weights are read in b * P / bytesPerSecond and multiplied with B tokens in 2 * P * B / FLOP/s, so B* = (b /
 * 2) * FLOP/s / bytesPerSecond: the model drops out, and so does the number of GPUs.
 *
 * Below B* a step costs the same whatever it carries, above it costs in proportion. Not rounded. The talk that this
 * library follows quotes twice as much; docs/roofline.md says why.
 */
export function bStar(
  gpu: Gpu,
  options: { readonly weightBits?: number; readonly arithmetic?: Arithmetic } = {},
): number {
  const { weightBits = 16, arithmetic = "fp16" } = options;
  return ((weightBits / 8 / 2) * arithmeticRate(gpu, arithmetic)) / gpu.bytesPerSecond;
}
