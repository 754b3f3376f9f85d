import type { PreemptionPolicy } from "./preemption-policy.ts";

/**
 * The highest `priority` number, of equal ones the youngest: nobody gives way to one that is less urgent, and the oldest of the
 * most urgent always ends. Goes with the `priority` queue. Source: vLLM's `priority` policy.
 */
export function lowestPriority(): PreemptionPolicy {
  return {
    name: "lowest-priority",
    victim: (running) => running.reduce((last, request) => (request.priority - last.priority || request.order - last.order) > 0 ? request : last),
  };
}
