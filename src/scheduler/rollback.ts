import { StepFailedError } from "../errors.ts";
import type { StepRecord } from "./in-flight.ts";
import type { SchedulerParts } from "./parts.ts";
import { NONE } from "./sequence.ts";
import type { Slots } from "./slots.ts";

/** Rolls `count` plans back, the newest first. Returns the record of the oldest of them. */
export function undoPlans(count: number, parts: SchedulerParts, now: number): StepRecord | undefined {
  let record: StepRecord | undefined;
  parts.slots.leaveLanes();
  for (let i = 0; i < count; i++) record = undoNewest(parts, now);
  parts.plan.reset(parts.inFlight.newest, parts.slots);
  parts.kv.tables.tellAll();
  return record;
}

/** Counts the failure for the plan's requests, and ends a request that failed alone once too often. */
export function blame(
  { plan, requests }: StepRecord,
  { lifecycle, suspects }: SchedulerParts,
  now: number,
  cause: unknown,
): void {
  for (let row = 0; row < plan.requestCount; row++) {
    const sequence = requests[row];
    if (sequence.state === "finished" || !suspects.blame(sequence, plan.requestCount)) continue;
    const error = new StepFailedError(
      `${sequence.failureCount} steps of request ${sequence.label} failed in a row, the last with it alone`,
      { cause },
    );
    // Followers would fail with the same prompt.
    for (const each of [...sequence.followers, sequence]) lifecycle.end(each, "error", error, now);
  }
}

/** The plan's samples are no longer pending. No request waits for the samples that score its prompt. */
function undraw({ plan, samples, sampleCounts, scoreCounts }: StepRecord, slots: Slots): void {
  let sample = 0;
  for (let row = 0; row < plan.requestCount; row++) {
    sample += scoreCounts[row];
    for (let i = 0; i < sampleCounts[row]; i++, sample++) {
      const { slot } = samples[sample];
      if (slot === NONE) samples[sample].addPending(-1);
      else slots.undo(slot, 0, 1);
    }
  }
}

/**
 * Rolls the newest plan back: its samples are no longer pending, its tokens no longer computed, its admitted requests
 * wait again, and its changes of the cache are undone.
 */
function undoNewest({ kv, slots, inFlight, lifecycle, listeners }: SchedulerParts, now: number): StepRecord {
  const record = inFlight.retract();
  const { plan, requests, stays, tokens, promptTokens, journal } = record;
  // The queue policy takes its charges back. Requests that have ended owe nothing.
  for (let row = 0; listeners.charge !== undefined && row < plan.requestCount; row++) {
    const isOwed = promptTokens[row] > 0 && requests[row].state !== "finished";
    if (isOwed) listeners.charge(requests[row], -promptTokens[row], 0);
  }
  undraw(record, slots);
  for (let row = plan.requestCount - 1; row >= 0; row--) {
    const sequence = requests[row];
    if (sequence.stay !== stays[row]) continue;
    if (sequence.admittedBy === plan.index) lifecycle.undoAdmission(sequence, now);
    else {
      slots.undo(sequence.slot, tokens[row], 0);
      kv.tables.truncate(sequence.slot, sequence.computedTokenCount);
    }
  }
  kv.transactions.rollBack(journal);
  return record;
}
