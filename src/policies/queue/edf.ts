import { heapQueue } from "./fcfs.ts";
import type { QueuePolicy } from "./queue-policy.ts";

/**
 * Earliest deadline first, then requests without a deadline; of equal ones the oldest. O(log n). Source: Liu and
 * Layland, 1973. Meets all deadlines where that is possible at all for one request at a time; past a load that no order
 * can serve, nearly all are missed (measured by QoServe, ASPLOS '26). Requests without a deadline starve while others
 * keep coming.
 */
export function edf(): QueuePolicy {
  return heapQueue("edf", (a, b) => compareTimes(a.deadline, b.deadline) || a.order - b.order);
}

/** `Infinity - Infinity` is not a number. */
function compareTimes(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
