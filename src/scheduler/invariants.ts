import { assert } from "../assert.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import { NONE, type Entry } from "./entry.ts";
import type { Roster } from "./roster.ts";

/** What the check looks at. */
export interface SchedulerState {
  readonly kv: KvCache;
  readonly roster: Roster;
  readonly inFlight: number;
}

/** Throws on the first broken law of the scheduler. O(requests + blocks). */
export function checkSchedulerInvariants(state: SchedulerState): void {
  const { entries, residents, waiting, pausedCount } = state.roster;
  const { running } = residents;
  const followers = [...entries].filter((entry) => entry.leader !== null).length;
  assert(running.length + waiting.size + followers + pausedCount === entries.size, () => `${running.length} running + ${waiting.size} waiting + ${followers} followers + ${pausedCount} paused are not the ${entries.size} requests`);
  assert(new Set(running.map((entry) => entry.slot)).size === running.length, "two running requests have the same slot");
  checkLanes(state);
  for (const entry of entries) checkEntry(entry, state);
  checkHolders(state);
}

/** Each running request is in its own lane or outside; all that is in flight of one in a lane is a token a plan. */
function checkLanes({ roster: { residents }, inFlight }: SchedulerState): void {
  const { lanes, running } = residents;
  const inLanes = running.filter((entry) => entry.lanes !== null);
  assert(inLanes.length === lanes.count, () => `${inLanes.length} requests are in lanes, counted ${lanes.count}`);
  assert(new Set([...lanes.outside, ...inLanes]).size === running.length && lanes.outside.length + lanes.count === running.length, () => `${lanes.outside.length} requests are outside, of ${running.length} are ${lanes.count} in lanes`);
  for (const entry of inLanes) {
    assert(lanes.holds(entry.slot, entry.stay), () => `request ${entry.label} is in lane ${entry.slot}, which is another's`);
    assert(entry.pendingCount === inFlight, () => `request ${entry.label} is in a lane with ${entry.pendingCount} tokens in ${inFlight} plans`);
    assert(!entry.serial && !entry.sequence!.forked && entry.failureCount === 0, () => `request ${entry.label} is in a lane, and is serial, forked or suspect`);
  }
}

function checkEntry(entry: Entry, { roster, inFlight }: SchedulerState): void {
  const runs = entry.state === "running";
  assert(runs === roster.residents.running.includes(entry), () => `request ${entry.label} is ${entry.state}, the running ones say otherwise`);
  assert(runs || (entry.slot === NONE && entry.computedTokenCount === 0), () => `request ${entry.label} is ${entry.state} and has a slot or computed tokens`);
  assert(runs || entry.sequence === null || entry.sequence.capacity === 0, () => `request ${entry.label} is ${entry.state} and holds blocks`);
  for (const follower of entry.followers) assert(follower.leader === entry && follower.state === "waiting", () => `request ${follower.label} is ${follower.state} and follows ${entry.label}`);
  assert(entry.leader === null || entry.leader.followers.includes(entry), () => `request ${entry.label} follows one that does not lead it`);
  assert(entry.tokenCount + entry.pendingCount <= entry.maxLength, () => `request ${entry.label} is beyond its ${entry.maxLength} tokens`);
  assert(inFlight > 0 || (entry.pendingCount === 0 && entry.inFlightCount === 0), () => `request ${entry.label} has tokens in flight, no plan is`);
  if (runs) assert(entry.computedTokenCount <= entry.sequence!.capacity, () => `request ${entry.label} computed ${entry.computedTokenCount} tokens in room for ${entry.sequence!.capacity}`);
}

/** With nothing in flight, the held blocks are those of the running requests' tables, with one reference for each table that names them. */
function checkHolders({ kv, roster, inFlight }: SchedulerState): void {
  if (inFlight > 0) return;
  const references = new Map<number, number>();
  for (const { sequence } of roster.residents.running) {
    for (const table of sequence!.tables) {
      for (let index = table.first; index < table.count; index++) references.set(table.ids[index], (references.get(table.ids[index]) ?? 0) + 1);
    }
  }
  for (const [block, count] of references) {
    assert(kv.pool.referenceCount(block) === count, () => `block ${block} has ${kv.pool.referenceCount(block)} references, ${count} tables name it`);
  }
  assert(references.size === kv.pool.heldCount, () => `${kv.pool.heldCount} blocks are held, tables name ${references.size}`);
}
