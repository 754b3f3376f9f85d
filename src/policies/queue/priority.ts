import { lowestPriority } from "../preemption/lowest-priority.ts";
import { heapQueue } from "./fcfs.ts";
import type { QueuePolicy } from "./queue-policy.ts";

/**
 * Lowest `priority` first, of equal ones the oldest; a preempted request in its old place. O(log n). Source: vLLM's
 * `priority` policy. No request is overtaken by an equal. Higher numbers starve while lower ones keep coming: nothing
 * ages here.
 */
export function priority(): QueuePolicy {
  return heapQueue(
    "priority",
    (a, b) => a.priority - b.priority || a.order - b.order,
    () => lowestPriority(),
  );
}
