import type { PreemptionPolicy } from "./preemption-policy.ts";

/**
 * The request with the fewest tokens in the cache, the youngest of equal ones: the least work is lost. The request with
 * the most is never preempted and gains with each step, so it ends; an old request with a short context may wait for
 * many younger ones with long ones. Source: SGLang retracts by the same thought the one with the fewest produced
 * tokens.
 */
export function fewestComputed(): PreemptionPolicy {
  return {
    name: "fewest-computed",
    victim: (running) =>
      running.reduce((least, request) =>
        (request.computedTokenCount - least.computedTokenCount || least.order - request.order) < 0 ? request : least,
      ),
  };
}
