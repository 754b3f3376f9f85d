import type { RequestId, RequestState } from "../../request.ts";
import type { KvCache } from "../../blocks/kv-cache.ts";
import { NONE, type Deferral, type Sequence } from "../sequence.ts";

/** Where a request stands and what it waits for. */
export interface Explanation {
  readonly id: RequestId;
  readonly state: RequestState;
  readonly tokenCount: number;
  readonly computedTokenCount: number;
  /** Prompt tokens that the last admission took from the prefix cache. */
  readonly cachedTokenCount: number;
  readonly preemptionCount: number;
  /** Device blocks that it holds, of all groups. */
  readonly blocks: number;
  /**
   * What its admission lacked when it was last looked at; `behind` others where it never came to that, `sibling` where
   * another choice computes its prompt. Of a running one: why it got no token in its last step, null where it did.
   */
  readonly waitsFor: Deferral | null;
}

export function explain(sequence: Sequence, { tables }: KvCache): Explanation {
  const { id, state, tokenCount, computedTokenCount, cachedTokenCount, preemptionCount, deferral, slot } = sequence;
  const waits = state === "waiting" || state === "preempted";
  const blocks =
    slot === NONE ? 0 : tables.groups.reduce((sum, group) => sum + tables.counts[slot] - group.first[slot], 0);
  return {
    id,
    state,
    tokenCount,
    computedTokenCount,
    cachedTokenCount,
    preemptionCount,
    blocks,
    waitsFor: waits ? (deferral ?? { reason: "behind" }) : deferral,
  };
}
