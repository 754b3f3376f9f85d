import type { Allotment } from "./allotment.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import type { SchedulerParts } from "./parts.ts";
import type { Sequence } from "./sequence.ts";

/** Drafts that a mask forces, for one request in one step: the names and braces between two values. */
const MAX_FORCED_DRAFTS = 16;

/**
 * Adds what a step does beside one sample a request: first tokens of further choices where a prompt is complete, and
 * drafts of decodes. They take only tokens and blocks that no other request asked for. Law: samples of a step <= the
 * budget's `maxTokens`, which is what backends have room for.
 */
export function addExtras(parts: SchedulerParts, journal: StepJournal): void {
  const { hosts, slots, allotment, options } = parts;
  let room = options.budget.maxTokens;
  for (const { slot } of slots.running) if (slots.chunks[slot] > 0) room -= slots.scores[slot] + slots.samples[slot];
  for (const { slot, followers } of hosts) {
    const count = admitted(followers, room, allotment);
    if (count <= 0) continue;
    for (let i = 0; i < count; i++) followers[i].addPending(1);
    slots.fan(slot, count);
    room -= count;
  }
  // If blocks are short, none is spent on drafts.
  if ((options.drafter !== undefined || slots.steeredCount > 0) && allotment.mayAdmit) {
    for (const sequence of hosts) room -= draft(sequence, room, parts, journal);
  }
  hosts.length = 0;
}

/** How many of the choices that wait for a prompt begin with this step. */
function admitted(followers: readonly Sequence[], room: number, allotment: Allotment): number {
  let count = 0;
  for (; count < Math.min(room, followers.length) && allotment.holds(followers[count]) === null; count++) {
    allotment.takeEdits(followers[count]);
  }
  return count;
}

/** Gives a decode drafts; returns their number. */
function draft(sequence: Sequence, room: number, parts: SchedulerParts, journal: StepJournal): number {
  const { kv, slots, allotment } = parts;
  const { slot, tokenCount, computedTokenCount, maxLength } = sequence;
  // With a token in flight besides this step's sample the guesses would not follow the last known token.
  if (sequence.pendingCount > 1) return 0;
  if (sequence.branches || slots.chunks[slot] > 1 || sequence.followers.length > 0) return 0;
  // Every running request keeps a block for its next decode.
  const spare = kv.pool.availableCount - slots.running.length * kv.groups.length;
  const most = Math.min(
    allotment.remaining,
    room,
    maxLength - tokenCount - 1,
    kv.tokensThatFit(computedTokenCount, spare),
  );
  if (most < 1) return 0;
  const guesses = guess(sequence, most, parts);
  const count = steeredDrafts(sequence, guesses, allotment);
  if (count === 0) return 0;
  kv.tables.reserve(slot, computedTokenCount, computedTokenCount + count, journal);
  slots.draft(slot, count === guesses.length ? guesses : Array.prototype.slice.call(guesses, 0, count));
  allotment.remaining -= count;
  return count;
}

/** What a mask forces, or else what the drafter guesses. */
function guess(sequence: Sequence, most: number, { options }: SchedulerParts): ArrayLike<number> {
  const forced = sequence.steering?.forcedTokens(Math.min(most, MAX_FORCED_DRAFTS)) ?? [];
  if (forced.length > 0 || options.drafter === undefined) return forced;
  return options.drafter.propose(sequence.tokens, sequence.tokenCount, most);
}

/** How many of the guesses the request's mask allows, and the step's edits have room for. */
function steeredDrafts({ steering }: Sequence, guesses: ArrayLike<number>, allotment: Allotment): number {
  if (steering === null || guesses.length === 0) return guesses.length;
  let count = steering.draft(guesses);
  // Each draft may bring one more edit for those behind it.
  const edits = (drafts: number): number => drafts * (steering.editCount + drafts);
  while (edits(count) > allotment.editsLeft) count--;
  allotment.editsLeft -= edits(count);
  return count;
}
