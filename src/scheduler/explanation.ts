import type { RequestId, RequestState } from "../request.ts";
import type { Deferral, Entry } from "./entry.ts";

/** Where a request stands and what it waits for. */
export interface Explanation {
  readonly id: RequestId;
  readonly state: RequestState;
  readonly tokenCount: number;
  readonly computedTokenCount: number;
  /** Prompt tokens that the first admission took from the prefix cache. */
  readonly cachedTokenCount: number;
  readonly preemptionCount: number;
  /** Device blocks that it holds, of all groups. */
  readonly blocks: number;
  /**
   * What its admission lacked when it was last looked at; `behind` others where it never came to that, `sibling` where another choice
   * computes its prompt. Of a running one: why it got no token in its last step, null where it did.
   */
  readonly waitsFor: Deferral | null;
}

export function explain(entry: Entry): Explanation {
  const waits = entry.state === "waiting" || entry.state === "preempted";
  return {
    id: entry.id,
    state: entry.state,
    tokenCount: entry.tokenCount,
    computedTokenCount: entry.computedTokenCount,
    cachedTokenCount: entry.cachedTokenCount,
    preemptionCount: entry.preemptionCount,
    blocks: entry.sequence === null ? 0 : entry.sequence.tables.reduce((sum, table) => sum + table.count - table.first, 0),
    waitsFor: waits ? (entry.deferral ?? { reason: "behind" }) : entry.deferral,
  };
}
