import { InvalidOptionError } from "../errors.ts";
import { checkOptions, numberOption } from "../option-checks.ts";
import type { ChunkPolicy } from "./chunk-policy.ts";

export interface SloOptions {
  /** Longest time between two tokens of a request that is wanted, in any unit of time. */
  readonly target: number;
  /**
   * Time of a step of `tokens` tokens, in the same unit; never falls with the tokens. The `measured` budget's `predict`
   * fits.
   */
  readonly stepTime: (tokens: number) => number;
}

/**
 * The largest chunk with which the step is predicted to end within the inter-token target of its decodes; without
 * decodes, all that is left. O(log gap) predictions.
 *
 * While one block's tokens fit the target, no step is predicted beyond it for a prompt's sake. Where not even that
 * fits, the first prompt of the step gets a block nevertheless: prompts must end. Source: QoServe (ASPLOS '26), with
 * one slack for all.
 */
export function slo(options: SloOptions): ChunkPolicy {
  checkOptions(options, { target: "other", stepTime: "function" });
  const { target, stepTime } = options;
  numberOption("target", target, { above: 0 });
  if (stepTime === undefined) throw new InvalidOptionError("stepTime must be a function, got undefined");
  return {
    name: "slo",
    chunk(_request, gap, { remaining, budget, decodeCount, blockSize }) {
      const most = Math.min(gap, remaining);
      if (decodeCount === 0) return most;
      const used = budget - remaining;
      const within = largestWithin(most, (tokens) => stepTime(used + tokens) <= target);
      const isFirst = used === decodeCount;
      return within === 0 && isFirst ? Math.min(most, blockSize) : within;
    },
  };
}

/** The largest n in 0..most that `fits`. If n fits, n - 1 fits; 0 always fits. */
function largestWithin(most: number, fits: (n: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
