import { assert } from "../../assert.ts";
import { laneOf } from "../lanes.ts";
import type { SchedulerParts } from "../parts.ts";
import { NONE, type Sequence } from "../sequence.ts";

/** Throws on the first broken law of the scheduler. O(requests + blocks). */
export function checkSchedulerInvariants(parts: SchedulerParts): void {
  const { requests, waiting, pausedCount } = parts.lifecycle;
  const { running } = parts.slots;
  const followers = [...requests].filter(({ leader }) => leader !== null).length;
  assert(
    running.length + waiting.size + followers + pausedCount === requests.size,
    () =>
      `${running.length} running + ${waiting.size} waiting + ${followers} followers + ${pausedCount} paused ` +
      `are not the ${requests.size} requests`,
  );
  assert(new Set(running.map(({ slot }) => slot)).size === running.length, "two running requests have the same slot");
  checkLanes(parts);
  for (const sequence of requests) checkSequence(sequence, parts);
  checkHolders(parts);
}

/** Each running request decodes as one of the set or is decided by itself. */
function checkLanes({ slots, rules }: SchedulerParts): void {
  const { running, others, decoding } = slots;
  const decodes = running.filter(({ slot }) => slots.decodes(slot));
  assert(
    decodes.length === decoding.length,
    () => `${decodes.length} requests decode as a set, counted ${decoding.length}`,
  );
  assert(
    new Set([...others, ...decodes]).size === running.length && others.length + decodes.length === running.length,
    () => `${others.length} requests are decided by themselves and ${decodes.length} as a set, of ${running.length}`,
  );
  for (const sequence of decodes) {
    const lane = laneOf(sequence, slots, rules);
    assert(
      lane === "decode" && slots.chunks[sequence.slot] === 1,
      () => `request ${sequence.label} decodes as one of the set, its lane is ${lane}`,
    );
  }
}

function checkSequence(sequence: Sequence, { slots, inFlight, kv }: SchedulerParts): void {
  const { state, slot, label, leader, tokenCount, computedTokenCount, pendingCount, maxLength } = sequence;
  const runs = state === "running";
  assert(
    runs === slots.running.includes(sequence),
    () => `request ${label} is ${state}, the running ones say otherwise`,
  );
  assert(
    runs || (slot === NONE && computedTokenCount === 0),
    () => `request ${label} is ${state} and has a slot or computed tokens`,
  );
  for (const follower of sequence.followers) {
    assert(
      follower.leader === sequence && follower.state === "waiting",
      () => `request ${follower.label} is ${follower.state} and follows ${label}`,
    );
  }
  assert(
    leader === null || leader.followers.includes(sequence),
    () => `request ${label} follows one that does not lead it`,
  );
  assert(
    tokenCount + pendingCount <= maxLength && pendingCount >= 0,
    () => `request ${label} has ${tokenCount} tokens and ${pendingCount} on their way, of ${maxLength}`,
  );
  assert(inFlight.count > 0 || pendingCount === 0, () => `request ${label} has tokens in flight, no plan is`);
  if (!runs) return;
  const inFlightTokens = computedTokenCount - slots.settled[slot];
  assert(
    inFlightTokens >= 0 && (inFlight.count > 0 || inFlightTokens === 0),
    () => `request ${label} has ${inFlightTokens} tokens in ${inFlight.count} plans in flight`,
  );
  assert(
    computedTokenCount <= kv.tables.counts[slot] * kv.blockSize,
    () => `request ${label} computed ${computedTokenCount} tokens in room for ${kv.tables.counts[slot] * kv.blockSize}`,
  );
}

/**
 * With nothing in flight, the running requests' tables name exactly the held blocks, with one reference for each table.
 */
function checkHolders({ kv, slots, inFlight }: SchedulerParts): void {
  if (inFlight.count > 0) return;
  const { tables, pool } = kv;
  const references = new Map<number, number>();
  for (const { slot } of slots.running) {
    for (const group of tables.groups) {
      for (let index = group.first[slot]; index < tables.counts[slot]; index++) {
        const block = group.get(slot, index);
        references.set(block, (references.get(block) ?? 0) + 1);
      }
    }
  }
  for (const [block, count] of references) {
    assert(
      pool.references[block] === count,
      () => `block ${block} has ${pool.references[block]} references, ${count} tables name it`,
    );
  }
  assert(references.size === pool.heldCount, () => `${pool.heldCount} blocks are held, tables name ${references.size}`);
}
