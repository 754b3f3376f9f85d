import { ownBlocks } from "../blocks/own-blocks.ts";
import type { StepRecord } from "./in-flight.ts";
import { admit, admitWaiting, issueAll, noteHeld, preempt, stall } from "./apply.ts";
import { addExtras } from "./extras.ts";
import type { SchedulerParts } from "./parts.ts";
import { undoPlans } from "./rollback.ts";
import type { Deferral, Sequence } from "./sequence.ts";

/**
 * Decides and applies the step under construction: running requests first, then waiting ones, then drafts and further
 * choices.
 */
export function decide(parts: SchedulerParts, record: StepRecord): void {
  const { options, allotment, admission, hosts } = parts;
  if (!trySuspect(parts, record)) {
    const urgent = parts.urgency.hasRanks ? urgentOf(parts, record) : undefined;
    const atOnce = urgent === undefined && !isContended(parts) && allotment.decideSet();
    if (!atOnce) decideEach(parts, record, urgent);
    issueAll(parts, record.journal);
    if (allotment.held.length > 0) noteHeld(parts);
    admission.begin();
    options.admission.step?.(admission, !allotment.mayAdmit);
    if (urgent !== undefined && allotment.remaining > 0) admit(urgent, parts, record);
    if (allotment.mayAdmit) admitWaiting(parts, record);
  }
  if (hosts.length > 0) addExtras(parts, record.journal);
}

/**
 * Decides request by request, because something is short. Each try that lacks a block stalls or preempts a request, so
 * tries are few.
 */
function decideEach(parts: SchedulerParts, record: StepRecord, urgent: Sequence | undefined): void {
  const { slots, allotment, urgency } = parts;
  slots.leaveLanes();
  if (urgent !== undefined) makeWay(urgent, parts, record);
  for (let needy = allotment.decideEach(); needy !== undefined; needy = allotment.decideEach()) {
    const victim = urgency.victim(slots.running);
    if (victim === needy || blocksReturn(parts)) stall(needy, parts, record);
    else preempt(victim, parts, record);
  }
}

/**
 * Plans a step with a suspect alone: a request that failed too often with others. False without a suspect, or if it
 * does not fit now.
 */
function trySuspect(parts: SchedulerParts, record: StepRecord): boolean {
  const { suspects, inFlight, slots, allotment } = parts;
  const suspect = suspects.next();
  if (suspect === undefined || inFlight.count > 0) return suspect !== undefined;
  slots.leaveLanes();
  allotment.begin(allotment.budget, suspect);
  if (allotment.decideEach() === undefined) {
    if (suspect.state === "running") issueAll(parts, record.journal);
    else admit(suspect, parts, record);
  }
  if (allotment.tokenCount > 0) return true;
  allotment.begin(allotment.budget);
  return false;
}

/** The next waiting request, if it outranks a running one. */
function urgentOf({ slots, urgency, admission, lifecycle }: SchedulerParts, record: StepRecord): Sequence | undefined {
  const { waiting } = lifecycle;
  if (waiting.size === 0) return undefined;
  admission.openLots(record);
  if (waiting.readyCount === 0) return undefined;
  const next = waiting.next(record.madeAt)!;
  return next.pendingCount === 0 && slots.running.some((sequence) => urgency.outranks(next, sequence))
    ? next
    : undefined;
}

/** Whether running requests of different ranks may need more tokens than the step has. */
function isContended({ slots, urgency, allotment }: SchedulerParts): boolean {
  if (!urgency.hasRanks) return false;
  const { running, others } = slots;
  return (allotment.budget < running.length || others.some(({ gap }) => gap > 1)) && urgency.differs(running);
}

/**
 * Makes room for a waiting request that outranks running ones: preempts requests until it has a slot, blocks and an
 * adapter's place, and reserves tokens for it. If all outranked requests together hold too little, nothing is
 * preempted.
 */
function makeWay(urgent: Sequence, parts: SchedulerParts, record: StepRecord): void {
  const { kv, slots, admission, urgency, allotment } = parts;
  for (;;) {
    admission.begin();
    const found = admission.look(urgent, record.journal);
    if (!("reason" in found)) {
      allotment.keptFor = { sequence: urgent, blocks: kv.blocksToAdmit(found, urgent.tokenCount) };
      return;
    }
    const candidates = slots.running.filter(
      (sequence) => urgency.outranks(urgent, sequence) && canHelp(sequence, found, urgent),
    );
    if (candidates.length === 0 || !areEnough(candidates, found, urgent, parts)) return;
    preempt(urgency.victim(candidates), parts, record);
  }
}

/** Whether preempting the running request gives the urgent one what it lacks. */
function canHelp({ adapterId }: Sequence, { reason }: Deferral, urgent: Sequence): boolean {
  if (reason === "adapters") return adapterId !== 0 && adapterId !== urgent.adapterId;
  return reason === "requests" || reason === "blocks";
}

/** Whether all candidates together hold what the urgent request lacks. */
function areEnough(
  candidates: readonly Sequence[],
  deferral: Deferral,
  urgent: Sequence,
  { slots, kv, admission }: SchedulerParts,
): boolean {
  if (deferral.reason === "blocks") {
    let blocks = 0;
    // What a candidate has not taken yet is missing to the newcomer, too.
    for (const each of candidates) blocks += ownBlocks(kv, each.slot) + admission.promisedTo(each);
    return blocks >= deferral.missingBlocks;
  }
  if (deferral.reason !== "adapters") return true;
  const others = slots.running.filter((sequence) => !candidates.includes(sequence));
  return (
    candidates.some(({ adapterId }) => others.every((sequence) => sequence.adapterId !== adapterId)) &&
    urgent.adapterId !== 0
  );
}

/**
 * Whether commits of the plans in flight will release the missing blocks from windows, so that no preemption is needed.
 * O(running).
 */
function blocksReturn({ kv, slots, inFlight }: SchedulerParts): boolean {
  if (!kv.windowed || inFlight.count === 0) return false;
  let blocks = 0;
  for (const { slot } of slots.running) blocks += ownBlocks(kv, slot, slots.computed[slot]);
  return blocks >= kv.groups.length;
}

/**
 * Takes a plan back that nothing was told of, decided in whole or in part: requests stand where they stood before it.
 */
export function abandon(parts: SchedulerParts, { plan, madeAt }: StepRecord): void {
  const { slots, kv, lifecycle, hosts } = parts;
  undoPlans(1, parts, madeAt);
  hosts.length = 0;
  // Blocks reserved for tokens in no row are released, and requests admitted without tokens wait again.
  for (let i = slots.running.length - 1; i >= 0; i--) {
    const sequence = slots.running[i];
    if (sequence.admittedBy === plan.index) lifecycle.undoAdmission(sequence, madeAt);
    else kv.tables.truncate(sequence.slot, sequence.computedTokenCount);
  }
}
