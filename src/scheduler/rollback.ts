import { StepFailedError } from "../errors.ts";
import type { StepRecord } from "./in-flight.ts";
import type { Listeners } from "./listeners.ts";
import type { SchedulerParts } from "./parts.ts";
import { NONE } from "./sequence.ts";

/** Takes `count` plans back, the newest first. Returns the record of the oldest of them. */
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

/**
 * The queue policy was told of the prompt tokens that the plan computes. Requests that have ended owe nothing any more.
 */
function takeChargesBack({ plan, requests, promptTokens }: StepRecord, charge: Listeners["charge"]): void {
  if (charge === undefined) return;
  for (let row = 0; row < plan.requestCount; row++) {
    if (promptTokens[row] > 0 && requests[row].state !== "finished") {
      charge(requests[row], -promptTokens[row], 0);
    }
  }
}

/**
 * The one recipe of undoing a plan: its samples were never drawn, its tokens never computed, a request that it admitted
 * waits again, and what it did to the cache is taken back.
 */
function undoNewest({ kv, slots, inFlight, lifecycle, listeners }: SchedulerParts, now: number): StepRecord {
  const record = inFlight.retract();
  const { plan, samples, requests, stays, tokens, journal } = record;
  takeChargesBack(record, listeners.charge);
  for (let sample = 0; sample < plan.sampleCount; sample++) {
    const { slot } = samples[sample];
    if (slot === NONE) samples[sample].addPending(-1);
    else slots.undraw(slot, 1);
  }
  for (let row = plan.requestCount - 1; row >= 0; row--) {
    const sequence = requests[row];
    if (sequence.stay !== stays[row]) continue;
    if (sequence.admittedBy === plan.index) lifecycle.undoAdmission(sequence, now);
    else {
      slots.uncompute(sequence.slot, tokens[row]);
      kv.tables.truncate(sequence.slot, sequence.computedTokenCount);
    }
  }
  kv.transactions.rollBack(journal);
  return record;
}
