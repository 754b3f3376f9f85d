import type { PreemptionPolicy } from "./preemption-policy.ts";

/**
 * The one with the fewest tokens in the cache, of equal ones the youngest: the least work is lost. Who has the most is
 * never preempted and gains with each step, so that it ends; an old request with a short context may wait for many
 * younger ones with long ones. Source: SGLang retracts by the same thought the one with the fewest produced tokens.
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
