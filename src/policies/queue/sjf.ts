import { checkOptions } from "../../option-checks.ts";
import type { RequestView } from "../../request.ts";
import type { LengthPredictor } from "../length-predictor.ts";
import { outputHistory } from "../output-history.ts";
import { IndexedHeap } from "../../collections/heap.ts";
import type { QueuePolicy } from "./queue-policy.ts";

/**
 * Shortest job first: the one with the fewest predicted output tokens still to come, of equal ones the oldest. O(log
 * n), one prediction each time that a request starts to wait; `predictor` serves this policy alone. Source: shortest
 * remaining processing time; for language models, learning to rank (arXiv 2408.15792). With exact predictions no order
 * has a lower mean wait, one request at a time. Long jobs starve while short ones keep coming.
 */
export function sjf(predictor: LengthPredictor = outputHistory()): QueuePolicy {
  checkOptions({ predictor }, { predictor: ["predict"] });
  const remaining = new Map<RequestView, number>();
  const heap = new IndexedHeap<RequestView>((a, b) => remaining.get(a)! - remaining.get(b)! || a.order - b.order);
  return {
    name: "sjf",
    get size() {
      return heap.size;
    },
    add(request) {
      remaining.set(request, predictor.predict(request) - (request.tokenCount - request.promptTokenCount));
      heap.push(request);
    },
    remove(request) {
      heap.remove(request);
      remaining.delete(request);
    },
    next: () => heap.first,
    ended: (request) => predictor.ended?.(request),
  };
}
