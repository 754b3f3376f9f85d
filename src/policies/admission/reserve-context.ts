import type { AdmissionPolicy } from "./admission-policy.ts";
import { reserving } from "./reserving.ts";

/**
 * Admits while the pool holds a whole context for each request, whatever its `maxTokens`. O(running). Never preempts;
 * what paged attention was invented to do without, and here to compare with. Source: Orca (OSDI '22), as the vLLM paper
 * (arXiv 2309.06180) measures it under "Orca (Max)".
 */
export function reserveContext(): AdmissionPolicy {
  return reserving("reserve-context", (_request, view) => view.contextLength);
}
