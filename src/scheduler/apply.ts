import type { StepJournal } from "../blocks/step-journal.ts";
import { MAX_SET_ASIDE } from "../config.ts";
import { LONG_PROMPTS } from "./admission.ts";
import type { StepRecord } from "./in-flight.ts";
import { needsHost } from "./lanes.ts";
import type { SchedulerParts } from "./parts.ts";
import { shortfall, type Sequence } from "./sequence.ts";

/**
 * Applies the decision for running requests: reserves blocks, counts tokens as computed, then indexes full blocks.
 * Indexing comes last, because a block replaced by an equal one may be promised to another request.
 */
export function issueAll(parts: SchedulerParts, journal: StepJournal): void {
  const { kv, slots, allotment, plan } = parts;
  const { others, due, full, computed, sequences } = slots;
  if (allotment.isSet) {
    for (let i = 0; i < due.length; i++) {
      const slot = due.items[i];
      kv.tables.reserve(slot, computed[slot], computed[slot] + 1, journal);
      plan.place(slot);
    }
    slots.advance();
  }
  for (let i = 0; i < others.length; i++) {
    const tokens = allotment.tokens[others[i].slot];
    if (tokens > 0) issue(others[i], tokens, parts, journal);
  }
  for (let i = 0; allotment.isSet && i < full.length; i++) {
    const slot = full.items[i];
    kv.transactions.index(slot, sequences[slot]!.tokens, computed[slot], journal);
  }
  for (let i = 0; i < others.length; i++) if (allotment.tokens[others[i].slot] > 0) index(others[i], parts, journal);
}

/** Notes why requests got no token in this step. */
export function noteHeld({ allotment, lifecycle }: SchedulerParts): void {
  for (const sequence of allotment.held) lifecycle.defer(sequence, allotment.holds(sequence, sequence.gap > 1 ? 1 : 0));
}

/** Preempts a running request, so that others get its blocks. */
export function preempt(
  victim: Sequence,
  { listeners, lifecycle, allotment }: SchedulerParts,
  { plan, madeAt }: StepRecord,
): void {
  listeners.note?.("preempt", madeAt, plan.index, victim.label, victim.computedTokenCount);
  allotment.preempted = true;
  lifecycle.preempt(victim, madeAt);
}

/** Stalls a request that is its own victim: it keeps its blocks and waits until others release theirs. */
export function stall(
  sequence: Sequence,
  { kv, listeners, lifecycle, allotment }: SchedulerParts,
  { plan, madeAt }: StepRecord,
): void {
  const missingBlocks = kv.groups.length;
  allotment.stalled.push(sequence);
  lifecycle.defer(sequence, { reason: "stalled", missingBlocks });
  listeners.note?.("defer", madeAt, plan.index, sequence.label, missingBlocks, "stalled");
}

/**
 * Admits waiting requests in the order of the queue until one does not fit. A request that lacks a place for its
 * adapter is parked, and the requests behind it may pass; so is a prompt beyond the limit of long partial prompts. A
 * prompt beyond the limit of partial prompts is set aside for this step, at most `MAX_SET_ASIDE` times.
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

/** Sets a refused request aside; false if the requests behind it may not pass. */
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

/** Admits a waiting request with its first tokens. False if it does not fit; its deferral then says why. */
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
  allotment.remaining -= tokens;
  allotment.takeRows(sequence, fit.match.tokenCount, fit.match.tokenCount + tokens);
  admission.places.take(sequence);
  lifecycle.admit(sequence, fit.match, record);
  const { matchedTokenCount } = sequence;
  listeners.note?.("admit", madeAt, plan.index, sequence.label, matchedTokenCount);
  counters.cachedTokens += matchedTokenCount;
  if (sequence.cacheable) counters.lookedUpTokens += sequence.tokenCount;
  // Indexed at once: the next newcomer may match its blocks.
  issue(sequence, tokens, parts, journal);
  index(sequence, parts, journal);
  admission.notePromise(sequence);
  return true;
}

/** Issues `tokens` tokens of one request. */
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
  plan.place(slot);
  if (sequence.deferral !== null) lifecycle.defer(sequence, null);
  if (start < promptTokenCount) listeners.charge?.(sequence, Math.min(end, promptTokenCount) - start, 0);
  if (slots.samples[slot] > 0 && (rules.drafts || needsHost(sequence))) hosts.push(sequence);
}

function index({ slot, tokens }: Sequence, { kv, slots }: SchedulerParts, journal: StepJournal): void {
  const upTo = Math.min(slots.computed[slot], slots.known[slot]);
  if (upTo >= kv.tables.indexAt[slot]) kv.transactions.index(slot, tokens, upTo, journal);
}
