/** A beam may branch at any time: beside plans in flight, and whatever becomes of them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StepJournal } from "../../src/blocks/step-journal.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { ContextDevice, nextToken } from "../../src/testing/context-device.ts";
import { SlotCache } from "../support/slot-cache.ts";

interface Case {
  readonly prompt: number;
  readonly budget: number;
  /** Steps after the pause at which it branches. */
  readonly at: number;
  /** Plans in flight then. */
  readonly ahead: number;
  readonly fails: boolean;
  readonly cached: boolean;
  /** Requests with the same prompt beside it: blocks are adopted. */
  readonly twins: number;
}

const PROMPT_TOKEN = 40;

/** Runs a beam that is preempted, and branches while its tokens are computed again. Returns the answers, by choice. */
function answersOf({ prompt, budget, at, ahead, fails, cached, twins }: Case): number[][] {
  const size = { blockCount: 40, blockSize: 4 };
  const scheduler = new Scheduler({ ...size, tokenBudget: budget, maxRequests: 6 });
  const device = new ContextDevice(size);
  const promptTokenIds = Array.from({ length: prompt }, (_, i) => PROMPT_TOKEN + i);
  const input = { promptTokenIds, maxTokens: 6, skipPrefixCache: !cached };
  const flights: { plan: NonNullable<ReturnType<Scheduler["schedule"]>>; samples: Int32Array }[] = [];
  const issue = (): boolean => {
    const plan = scheduler.schedule(0);
    if (plan !== null) flights.push({ plan, samples: device.run(plan) });
    scheduler.checkInvariants();
    return plan !== null;
  };
  const commit = (): void => {
    const { plan, samples } = flights.shift()!;
    scheduler.commit(plan, { tokenIds: samples }, 0);
    scheduler.checkInvariants();
  };
  const beams = [scheduler.submit({ ...input, id: "beam", branches: true }, 0)];
  for (let steps = 0; beams[0].outputTokenCount === 0; steps++) if (issue()) commit();
  scheduler.pause("beam", 0);
  scheduler.kv.prefixes.dropCached();
  scheduler.resume("beam", 0);
  for (let id = 0; id < twins; id++) scheduler.submit({ ...input, id }, 0);
  for (let step = 0; step < at; step++) if (issue()) commit();
  for (let i = 0; i < ahead; i++) issue();
  // A last token that is still on its way cannot be replaced.
  if (beams[0].state === "finished" || beams[0].outputTokenCount !== 1) return [];
  try {
    beams.push(scheduler.branch("beam", 0, { choice: 1, tokenId: 7 }, 0));
  } catch (error) {
    expect(String(error)).toContain("is no beam with a last token to replace");
    return [];
  }
  scheduler.checkInvariants();
  if (fails && flights.length > 0) {
    const written = flights.map(({ plan }) => device.writtenBy(plan));
    scheduler.rollback(flights[0].plan, 0);
    for (const each of written) device.spoil(each);
    flights.length = 0;
    scheduler.checkInvariants();
  }
  while (scheduler.size > 0) if (flights.length === 2 || !issue()) commit();
  while (flights.length > 0) commit();
  expect(scheduler.stats().heldBlocks).toBe(0);
  return beams.map((beam) => beam.outputTokenIds());
}

function expectedAnswer(prompt: number, first: number | null, choice: number): number[] {
  const tokens = Array.from({ length: prompt }, (_, i) => PROMPT_TOKEN + i);
  tokens.push(first ?? nextToken(tokens, null, 0));
  while (tokens.length < prompt + 6) tokens.push(nextToken(tokens, null, choice));
  return tokens.slice(prompt);
}

test("its branches get the tokens of their context, and all blocks come back", () => {
  const cases = fc.record<Case>({
    prompt: fc.integer({ min: 2, max: 30 }),
    budget: fc.integer({ min: 2, max: 20 }),
    at: fc.integer({ min: 0, max: 4 }),
    ahead: fc.integer({ min: 0, max: 2 }),
    fails: fc.boolean(),
    cached: fc.boolean(),
    twins: fc.integer({ min: 0, max: 2 }),
  });
  let branched = 0;
  fc.assert(
    fc.property(cases, (drawn) => {
      const answers = answersOf(drawn);
      if (answers.length === 0) return;
      branched++;
      expect(answers).toEqual([expectedAnswer(drawn.prompt, null, 0), expectedAnswer(drawn.prompt, 7, 1)]);
    }),
    { numRuns: 300 },
  );
  expect(branched).toBeGreaterThan(30);
});

test("a fork carries the adoptions and the copies of plans in flight, whether they are committed or taken back", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 3 }), (commits, unshared, forks) => {
      const cache = new SlotCache({ blockCount: 24, blockSize: 2, eviction: lru() });
      const domain = cache.prefixes.domains.acquire("", 0);
      const tokens = Int32Array.of(1, 2, 3, 4, 5);
      const open = () => cache.open({ domain });
      const [twin, parent] = [open(), open()];
      const journal = new StepJournal();
      for (const each of [twin, parent]) {
        cache.extend(each, 5, journal);
        cache.index(each, tokens, 4, journal);
      }
      const all = [twin, parent];
      if (unshared) {
        all.push(cache.fork(parent));
        cache.unshare(parent, 5, journal);
      }
      for (let i = 0; i < forks; i++) all.push(cache.fork(parent));
      cache.seal(journal);
      if (commits) cache.commit(journal);
      else {
        for (const each of all) cache.truncate(each, 0);
        cache.rollBack(journal);
      }
      cache.kv.checkInvariants();
      if (commits) {
        for (const each of all) expect(each.tables[0].ids.slice(0, 2)).toEqual(twin.tables[0].ids.slice(0, 2));
      }
      for (const each of all) cache.clear(each);
      expect(cache.pool.heldCount).toBe(0);
      cache.kv.checkInvariants();
    }),
    { numRuns: 40 },
  );
});

test("a fork of a copy in flight shares the old block again, as its parent does, when the copy was not made", () => {
  const cache = new SlotCache({ blockCount: 8, blockSize: 2, eviction: lru() });
  const parent = cache.open({ domain: cache.prefixes.domains.acquire("", 0) });
  const [first, second] = [new StepJournal(), new StepJournal()];
  cache.extend(parent, 3, first);
  cache.seal(first);
  cache.commit(first);
  const before = parent.tables[0].ids;
  const sibling = cache.fork(parent, 3);
  cache.unshare(parent, 3, second);
  const child = cache.fork(parent, 3);
  expect(child.tables[0].ids).toEqual(parent.tables[0].ids);
  expect(parent.tables[0].ids).not.toEqual(before);
  cache.seal(second);
  cache.rollBack(second);
  for (const each of [parent, sibling, child]) expect(each.tables[0].ids).toEqual(before);
  for (const each of [parent, sibling, child]) cache.clear(each);
  expect(cache.pool.freeCount).toBe(8);
});
