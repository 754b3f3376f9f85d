import { checkOptions, integerOption, numberOption } from "../../option-checks.ts";
import type { RequestView } from "../../request.ts";
import { IndexedHeap } from "../../collections/heap.ts";
import { PrefixOrder } from "./prefix-order.ts";
import type { PrefixView, QueuePolicy } from "./queue-policy.ts";

/** Beyond this number, looking all requests up costs more than it saves: SGLang then takes them as they came. */
export const MAX_SORTED = 128;

export interface LpmOptions {
  /** Waiting requests up to which they are sorted; beyond, first come, first served. Default 128. */
  readonly maxSorted?: number;
  /** Cached tokens that one admission since a request's arrival counts for. Default 0: no ageing. */
  readonly ageing?: number;
}

/**
 * Longest prefix match: the one with the most cached tokens first, of equal ones the oldest; one of several that share
 * a beginning which is not cached goes first and computes it for them. O(n) look-ups and a sort each step. Source:
 * SGLang.
 *
 * Unaged, cold requests starve while warm ones keep coming. With ageing a, no request is overtaken by another that came
 * more than (longest match / a) admissions after it (SGLang PR 31954), but where it waits for another to compute their
 * beginning.
 */
export function lpm(options: LpmOptions = {}): QueuePolicy {
  checkOptions(options, { maxSorted: "other", ageing: "other" });
  const { maxSorted = MAX_SORTED, ageing = 0 } = options;
  integerOption("maxSorted", maxSorted, { least: 1 });
  numberOption("ageing", ageing, { least: 0 });
  const order = new PrefixOrder(ageing);
  const byAge = new IndexedHeap<RequestView>((a, b) => a.order - b.order);
  return {
    name: "lpm",
    get size() {
      return byAge.size;
    },
    attach: (cache: PrefixView) => order.attach(cache),
    begin: () => order.begin(),
    add(request) {
      byAge.push(request);
      order.add(request);
    },
    remove(request) {
      byAge.remove(request);
      order.remove(request);
    },
    next: () => (byAge.size > maxSorted ? byAge.first : order.first(() => true)),
    ended: (request) => order.ended(request),
  };
}
