import type { RequestView } from "../../request.ts";
import { IndexedHeap } from "../../collections/heap.ts";
import type { PreemptionPolicy } from "../preemption/preemption-policy.ts";
import type { QueuePolicy } from "./queue-policy.ts";

/**
 * First come, first served: the oldest first, a preempted request in its old place. O(log n). No request is overtaken,
 * so the wait is bounded by the work ahead; a long prompt delays all behind it.
 */
export function fcfs(): QueuePolicy {
  return heapQueue("fcfs", (a, b) => a.order - b.order);
}

/**
 * A queue in the order of a comparison that does not change while requests wait, and the preemption policy that goes
 * with it.
 */
export function heapQueue(
  name: string,
  compare: (a: RequestView, b: RequestView) => number,
  preemption?: () => PreemptionPolicy,
): QueuePolicy {
  const heap = new IndexedHeap(compare);
  return {
    name,
    preemption,
    get size() {
      return heap.size;
    },
    add: (request) => heap.push(request),
    remove: (request) => heap.remove(request),
    next: () => heap.first,
  };
}
