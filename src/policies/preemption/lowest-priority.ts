import { checkOptions, numberOption } from "../../option-checks.ts";
import type { PreemptionPolicy } from "./preemption-policy.ts";

export interface LowestPriorityOptions {
  /**
   * By how much a running request's `priority` number must be greater for a waiting request to preempt it. Above 0;
   * `Infinity`: never, an urgent request then waits for running ones. Default 1.
   */
  readonly margin?: number;
}

/**
 * The highest `priority` number, of equal ones the youngest: no request gives way to a less urgent one, and the oldest
 * of the most urgent always ends. A waiting request preempts running ones that are less urgent. Goes with the
 * `priority` queue, whose default it is. Source: vLLM's `priority` policy.
 */
export function lowestPriority(options: LowestPriorityOptions = {}): PreemptionPolicy {
  checkOptions(options, { margin: "other" });
  const { margin = 1 } = options;
  numberOption("margin", margin, { above: 0, mayBeInfinite: true });
  return {
    name: "lowest-priority",
    victim: (running) =>
      running.reduce((last, request) =>
        (request.priority - last.priority || request.order - last.order) > 0 ? request : last,
      ),
    rank: margin === Number.POSITIVE_INFINITY ? undefined : (request) => request.priority,
    margin,
  };
}
