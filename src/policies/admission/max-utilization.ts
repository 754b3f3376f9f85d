import type { AdmissionPolicy } from "./admission-policy.ts";

/**
 * Admits while the next step fits: the next token of each running request, and the newcomer's first block. O(running).
 * Holds the most requests and looks no further, so that it preempts some; the preemption policy names the victim.
 * Source: TensorRT-LLM's MAX_UTILIZATION.
 */
export function maxUtilization(): AdmissionPolicy {
  return {
    name: "max-utilization",
    missingBlocks(_request, needed, view) {
      let nextStep = Math.min(needed, view.groupCount);
      for (const { computedTokenCount } of view.running) {
        if (computedTokenCount % view.blockSize === 0) nextStep += view.groupCount;
      }
      return Math.max(0, nextStep - view.availableBlocks);
    },
  };
}
