import type { StepJournal } from "../blocks/step-journal.ts";
import { MAX_SET_ASIDE } from "../config.ts";
import { LONG_PROMPTS } from "./admission.ts";
import type { StepRecord } from "./in-flight.ts";
import { needsHost } from "./lanes.ts";
import type { SchedulerParts } from "./parts.ts";
import { shortfall, type Sequence } from "./sequence.ts";

/**
 * Applies what was decided for the running requests: reserves blocks, counts tokens as computed, then makes full blocks
 * matchable. That comes last: a block replaced by an equal one may be promised to another request.
 */
export function issueAll(parts: SchedulerParts, journal: StepJournal): void {
  const { slots, allotment } = parts;
  const { others } = slots;
  if (allotment.isSet) advanceSet(parts, journal);
  for (let i = 0; i < others.length; i++) {
    const tokens = allotment.tokens[others[i].slot];
    if (tokens > 0) issue(others[i], tokens, parts, journal);
  }
  if (allotment.isSet) indexSet(parts, journal);
  for (let i = 0; i < others.length; i++) if (allotment.tokens[others[i].slot] > 0) index(others[i], parts, journal);
}

/** Notes for those that get no token in this step why. */
export function noteHeld({ allotment, lifecycle }: SchedulerParts): void {
  for (const sequence of allotment.held) lifecycle.defer(sequence, allotment.holds(sequence));
}

/** Preempts a running request for others. */
export function preempt(
  victim: Sequence,
  { listeners, lifecycle, allotment }: SchedulerParts,
  { plan, madeAt }: StepRecord,
): void {
  listeners.note?.("preempt", madeAt, plan.index, victim.label, victim.computedTokenCount);
  allotment.preempted = true;
  lifecycle.preempt(victim, madeAt);
}

/** The request in need would have to give its own blocks up: it waits for others' instead. */
export function stall(
  sequence: Sequence,
  { kv, listeners, lifecycle, allotment }: SchedulerParts,
  { plan, madeAt }: StepRecord,
): void {
  const missingBlocks = kv.groups.length;
  allotment.stall(sequence);
  lifecycle.defer(sequence, { reason: "stalled", missingBlocks });
  listeners.note?.("defer", madeAt, plan.index, sequence.label, missingBlocks, "stalled");
}

/**
 * Admits waiting requests in the order of the queue, until one does not fit. A request that lacks its adapter's place,
 * or that would be one long prompt under way too many, is parked and lets others pass. So does a prompt that would stay
 * partial, a bounded number of times.
 */
export function admitWaiting(parts: SchedulerParts, record: StepRecord): void {
  const { allotment, admission, options } = parts;
  const { waiting } = parts.lifecycle;
  const now = record.madeAt;
  if (waiting.size === 0) return;
  admission.openLots(record);
  const aside: Sequence[] = [];
  try {
    options.queue.begin?.(now);
    while (allotment.remaining > 0 && waiting.readyCount > 0 && aside.length < MAX_SET_ASIDE) {
      const sequence = waiting.next(now)!;
      if (!admit(sequence, parts, record) && !setAside(sequence, aside, parts, now)) break;
    }
  } finally {
    for (const sequence of aside) waiting.add(sequence, now);
  }
}

/** Whether others may pass the request, which was not admitted. */
function setAside(
  sequence: Sequence,
  aside: Sequence[],
  { admission, lifecycle }: SchedulerParts,
  now: number,
): boolean {
  const { waiting } = lifecycle;
  const { reason } = sequence.deferral!;
  if (reason === "adapters") waiting.park(sequence, sequence.adapterId, now);
  else if (reason !== "partial-prefills" && reason !== "mask") return false;
  else if (reason !== "mask" && !admission.isFullOfPartial) waiting.park(sequence, LONG_PROMPTS, now);
  else {
    waiting.remove(sequence, now);
    aside.push(sequence);
  }
  return true;
}

/** Admits a waiting request with its first tokens; false where it does not fit, and its deferral says why. */
export function admit(sequence: Sequence, parts: SchedulerParts, record: StepRecord): boolean {
  const { admission, allotment, lifecycle, listeners, counters } = parts;
  const { plan, journal, madeAt } = record;
  const fit = admission.fit(sequence, journal);
  if ("reason" in fit) {
    lifecycle.defer(sequence, fit);
    if (fit.reason === "adapters") admission.places.lack(sequence, plan.index);
    listeners.note?.("defer", madeAt, plan.index, sequence.label, shortfall(fit), fit.reason);
    return false;
  }
  const { tokens } = fit;
  allotment.take(tokens);
  if (fit.match.tokenCount + tokens === sequence.tokenCount) allotment.takeEdits(sequence);
  admission.places.take(sequence);
  lifecycle.admit(sequence, fit.match, record);
  const { matchedTokenCount } = sequence;
  listeners.note?.("admit", madeAt, plan.index, sequence.label, matchedTokenCount);
  counters.cachedTokens += matchedTokenCount;
  if (sequence.cacheable) counters.lookedUpTokens += sequence.tokenCount;
  // At once what it makes matchable: the next newcomer may match it.
  issue(sequence, tokens, parts, journal);
  index(sequence, parts, journal);
  admission.notePromise(sequence);
  return true;
}

/** One token for each decode of the set. */
function advanceSet({ kv, slots, plan }: SchedulerParts, journal: StepJournal): void {
  const { due, computed } = slots;
  for (let i = 0; i < due.length; i++) {
    const slot = due.at(i);
    kv.tables.reserve(slot, computed[slot], computed[slot] + 1, journal);
    plan.findBases(slot);
  }
  slots.advance();
}

function indexSet({ kv, slots }: SchedulerParts, journal: StepJournal): void {
  const { full, computed, sequences } = slots;
  for (let i = 0; i < full.length; i++) {
    const slot = full.at(i);
    kv.transactions.index(slot, sequences[slot]!.tokens, computed[slot], journal);
  }
}

/** Tokens for one request. */
function issue(
  sequence: Sequence,
  tokens: number,
  { kv, slots, plan, rules, listeners, hosts, lifecycle }: SchedulerParts,
  journal: StepJournal,
): void {
  const { slot, promptTokenCount } = sequence;
  const start = slots.computed[slot];
  const end = start + tokens;
  kv.tables.reserve(slot, start, end, journal);
  slots.issue(slot, tokens, sequence.knownComputed);
  plan.findBases(slot);
  plan.place(slot);
  if (sequence.deferral !== null) lifecycle.defer(sequence, null);
  if (start < promptTokenCount) listeners.charge?.(sequence, Math.min(end, promptTokenCount) - start, 0);
  if (slots.samples[slot] > 0 && needsHost(sequence, rules)) hosts.push(sequence);
}

function index({ slot, tokens }: Sequence, { kv, slots }: SchedulerParts, journal: StepJournal): void {
  const upTo = Math.min(slots.computed[slot], slots.known[slot]);
  if (upTo >= kv.tables.indexAt[slot]) kv.transactions.index(slot, tokens, upTo, journal);
}
