import type { BlockTables } from "../blocks/block-tables.ts";
import type { Sequence } from "./sequence.ts";
import type { SlotColumns } from "./slot-columns.ts";

/**
 * How a step treats a running request.
 *
 * - `solo`. Enters: a step with it has failed, and none has succeeded since. A step decides it by itself; a suspect
 *   runs alone. Leaves: a step with it succeeds.
 * - `prompt`. Enters: it lacks more than one token, or computes some of them again, or a sibling shares its last block.
 *   A step gives it a chunk of the tokens that decodes leave. Leaves: one token is left.
 * - `host`. Enters: its next input needs its last token on the host, because it is a beam, choices wait for its prompt,
 *   or a mask or edits depend on its tokens; or a drafter may guess for it. A step decides it by itself, once that
 *   token has arrived, or at once if only the drafter asks for it and guesses nothing. Leaves: none of these holds.
 * - `edits`. Enters: its edits do not depend on its tokens. A step decides it by itself, because edits have a limit.
 *   Leaves: it ends.
 * - `decode`. Enters: it lacks one token, known or on the device. A step issues one token to each, as a set. Leaves: it
 *   has all its tokens, or a step is short of blocks, budget or rows.
 */
export type Lane = "solo" | "prompt" | "host" | "edits" | "decode";

/** What the lanes need to know of the scheduler. */
export interface LaneRules {
  readonly tables: BlockTables;
  /** A drafter is asked for guesses. */
  readonly drafts: boolean;
}

/** The lane of a running request, by the table above. */
export function laneOf(sequence: Sequence, slots: SlotColumns, rules: LaneRules): Lane {
  const { slot } = sequence;
  const computed = slots.computed[slot];
  if (sequence.failureCount > 0) return "solo";
  const isBehind = computed < sequence.promptTokenCount || computed < sequence.knownComputed;
  if (slots.drawn[slot] - computed > 1 || isBehind || rules.tables.forked[slot] === 1) return "prompt";
  if (rules.drafts || needsHost(sequence)) return "host";
  return sequence.steering === null ? "decode" : "edits";
}

/** Whether the request's next input needs its last token on the host: it then sits out planning ahead. */
export function needsHost({ branches, followers, steering }: Sequence): boolean {
  return branches || followers.length > 0 || steering?.needsHost === true;
}
