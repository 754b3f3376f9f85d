import type { StepJournal } from "../blocks/step-journal.ts";
import type { SchedulerParts } from "./parts.ts";
import { draftsOf } from "./policy-answers.ts";
import type { Sequence } from "./sequence.ts";
import type { Slots } from "./slots.ts";

/**
 * Adds what a step does beside one sample a request: first tokens of further choices where a prompt is complete, and
 * drafts of decodes. It takes only what no other request asked for. Law: samples of a step <= the budget's `maxTokens`,
 * which is what backends have room for.
 */
export function addExtras(parts: SchedulerParts, journal: StepJournal): void {
  const { hosts, slots, allotment, options } = parts;
  let room = options.budget.maxTokens - sampleCount(slots);
  for (const { slot, followers } of hosts) {
    const count = Math.min(room, followers.length);
    if (count <= 0) continue;
    for (let i = 0; i < count; i++) followers[i].addPending(1);
    slots.fan(slot, count);
    room -= count;
  }
  // Where blocks are short, none is spent on guesses.
  if (options.drafter !== undefined && allotment.mayAdmit) {
    for (const sequence of hosts) room -= draft(sequence, room, parts, journal);
  }
  hosts.length = 0;
}

/** Returns how many drafts a decode got. */
function draft(
  sequence: Sequence,
  room: number,
  { kv, slots, allotment, options }: SchedulerParts,
  journal: StepJournal,
): number {
  const { slot, tokenCount, computedTokenCount, maxLength } = sequence;
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
  const guesses = draftsOf(options.drafter!, sequence.tokens, tokenCount, most);
  if (guesses.length === 0) return 0;
  kv.tables.reserve(slot, computedTokenCount, computedTokenCount + guesses.length, journal);
  slots.draft(slot, guesses);
  allotment.take(guesses.length);
  return guesses.length;
}

function sampleCount({ running, chunks, samples }: Slots): number {
  let count = 0;
  for (const { slot } of running) if (chunks[slot] > 0) count += samples[slot];
  return count;
}
