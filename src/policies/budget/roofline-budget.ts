import { InvalidOptionError } from "../../errors.ts";
import { bStar } from "../../roofline/b-star.ts";
import type { Arithmetic, Gpu } from "../../roofline/gpu.ts";
import type { BudgetPolicy } from "./budget-policy.ts";

export interface RooflineBudgetOptions {
  readonly gpu: Gpu;
  /** Bits a stored weight. Default 16. */
  readonly weightBits?: number;
  /** Precision of the multiplication. Default "fp16". */
  readonly arithmetic?: Arithmetic;
  /** Most that the backend takes. Default: no limit. */
  readonly maxTokens?: number;
}

/**
 * B* by the datasheet, rounded down: the tokens a step at which reading the weights takes as long as the arithmetic.
 * The model enters by the bits of its weights alone. Fewer would leave arithmetic unused, more would make every decode
 * in the step wait. Source: docs/roofline.md.
 */
export function rooflineBudget({
  gpu,
  weightBits,
  arithmetic,
  maxTokens = Number.POSITIVE_INFINITY,
}: RooflineBudgetOptions): BudgetPolicy {
  const knee = bStar(gpu, { weightBits, arithmetic });
  const tokens = Math.max(1, Math.floor(Math.min(knee, maxTokens)));
  if (!(knee > 0 && Number.isFinite(knee) && maxTokens >= 1)) {
    throw new InvalidOptionError(`a step of B* = ${knee} tokens, ${maxTokens} at most, is none`);
  }
  return { name: "roofline", maxTokens: tokens, tokens: () => tokens };
}
