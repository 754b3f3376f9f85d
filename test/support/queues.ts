import type { QueuePolicy } from "../../src/policies/queue/queue-policy.ts";
import type { RequestView } from "../../src/request.ts";

/** Who comes next, one after the other, until nobody is left; by `order`. */
export function drain(queue: QueuePolicy, now = 0): number[] {
  const orders: number[] = [];
  for (let next = queue.next(now); next !== undefined; next = queue.next(now)) {
    orders.push(next.order);
    queue.remove(next, now);
  }
  return orders;
}

/** Takes who comes next and computes its whole prompt, as far as it is not `cached`. */
export function admitNext(queue: QueuePolicy, now = 0, cached = 0): RequestView {
  const next = queue.next(now)!;
  queue.remove(next, now);
  (next as { computedTokenCount: number }).computedTokenCount = next.promptTokenCount;
  queue.charge?.(next, next.promptTokenCount - cached, 0);
  return next;
}
