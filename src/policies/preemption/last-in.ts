import type { PreemptionPolicy } from "./preemption-policy.ts";

/** The youngest: no victim is older than a survivor, so the oldest request always ends. Source: vLLM. */
export function lastIn(): PreemptionPolicy {
  return {
    name: "last-in",
    victim: (running) => running.reduce((youngest, request) => (request.order > youngest.order ? request : youngest)),
  };
}
