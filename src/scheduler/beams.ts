import { assert } from "../assert.ts";
import type { RequestId } from "../request.ts";
import type { Entry } from "./entry.ts";
import type { Roster } from "./roster.ts";

/** A beam whose last token no step has read yet. `newChoice`: the number of another one that is to branch off it. */
export function beamOf(roster: Roster, id: RequestId, choice: number, newChoice?: number): Entry {
  assert(newChoice === undefined || roster.entries.of(id, newChoice).length === 0, () => `request ${String(id)} has a choice ${newChoice} already`);
  const [entry] = roster.entries.of(id, choice);
  assert(entry?.branches && entry.pendingCount === 0 && entry.outputTokenCount > 0, () => `choice ${choice} of request ${String(id)} is no beam with a last token to replace`);
  return entry;
}
