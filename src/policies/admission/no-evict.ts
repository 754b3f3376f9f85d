import type { AdmissionPolicy } from "./admission-policy.ts";
import { reserving } from "./reserving.ts";

/**
 * Admits while the pool holds every request's blocks to completion: prompt and all tokens that it may produce.
 * O(running). Never preempts, and holds the fewest requests of the policies that know `maxTokens`: a request with a
 * large `maxTokens` that stops early keeps others out. Source: TensorRT-LLM's GUARANTEED_NO_EVICT.
 */
export function noEvict(): AdmissionPolicy {
  return reserving("no-evict", (request) => request.maxLength);
}
