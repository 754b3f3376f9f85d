/** An eviction policy that names a wrong block costs one call an error: no law breaks, and every answer is right. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { InvalidPolicyError } from "../../src/errors.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";
import { ContextDevice } from "../../src/testing/context-device.ts";
import { answerOf } from "../../src/testing/driven-request.ts";

const SIZES = { blockCount: 12, blockSize: 2 };
const CONTEXT_LENGTH = 16;
const MAX_TOKENS = 6;

/** What is named in the place of a cached block. */
const WRONG = {
  "no block": () => undefined,
  null: () => null,
  "the null block": () => 0,
  "a block that is not there": () => SIZES.blockCount + 1,
  "a negative number": () => -1,
  "not a number": () => Number.NaN,
  "half a block": () => 1.5,
  "the right block as text": (right: number) => String(right),
  "the right block as a bigint": (right: number) => BigInt(right),
  "a held block": (_: number, { kv }: Scheduler) => blockThat(kv, (count) => count > 0),
} satisfies Record<string, (right: number, scheduler: Scheduler) => unknown>;

function blockThat({ pool }: Scheduler["kv"], fits: (referenceCount: number) => boolean): number | undefined {
  return Array.from({ length: SIZES.blockCount }, (_, i) => i + 1).find((block) => fits(pool.references[block]));
}

interface Case {
  readonly wrong: keyof typeof WRONG;
  /** Calls of `victim` before the wrong ones, and how many these are. */
  readonly from: number;
  readonly count: number;
  readonly prompts: readonly number[];
  readonly windows: readonly (number | null)[];
  readonly hostBlockCount: number;
  readonly ahead: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  wrong: fc.constantFrom(...(Object.keys(WRONG) as (keyof typeof WRONG)[])),
  from: fc.nat(20),
  count: fc.integer({ min: 1, max: 3 }),
  prompts: fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 3, maxLength: 8 }),
  windows: fc.constantFrom<(number | null)[]>([null], [5], [null, 4]),
  hostBlockCount: fc.constantFrom(0, 4),
  ahead: fc.integer({ min: 1, max: 2 }),
});

/** Runs the case; returns how often a call threw. */
function errorsOf({ wrong, from, count, prompts, windows, hostBlockCount, ahead }: Case): number {
  const right = lru();
  let calls = 0;
  let errors = 0;
  const eviction: EvictionPolicy = {
    ...right,
    name: "confused",
    victim: () => {
      const block = right.victim();
      const isWrong = calls >= from && calls < from + count;
      calls++;
      return (isWrong ? WRONG[wrong](block, scheduler) : block) as number;
    },
  };
  const groups = windows.map((window) => ({ window }));
  const scheduler: Scheduler = new Scheduler({
    ...SIZES,
    contextLength: CONTEXT_LENGTH,
    groups,
    hostBlockCount,
    eviction,
    tokenBudget: 8,
  });
  const device = new ContextDevice({ ...SIZES, groups, hostBlockCount });
  const requests = prompts.map((length, id) => {
    const promptTokenIds = Array.from({ length: Math.min(length, CONTEXT_LENGTH - 1) }, (_, i) => (i + id) % 5);
    return { promptTokenIds, request: scheduler.submit({ id, promptTokenIds, maxTokens: MAX_TOKENS }, 0) };
  });
  const flights: { plan: StepPlan; tokenIds: Int32Array }[] = [];
  const planned = (): StepPlan | null => {
    const { size } = scheduler;
    try {
      return scheduler.schedule(0);
    } catch (error) {
      errors++;
      expect(error).toBeInstanceOf(InvalidPolicyError);
      expect((error as Error).message).toMatch(/^eviction policy confused named block \S+, which is not cached$/);
      scheduler.checkInvariants();
      expect(scheduler.size).toBe(size);
      return null;
    }
  };
  for (let step = 0; scheduler.size > 0 || flights.length > 0; step++) {
    expect(step).toBeLessThan(500);
    const plan = planned();
    if (plan !== null) flights.push({ plan, tokenIds: device.run(plan) });
    scheduler.checkInvariants();
    if (flights.length < ahead && plan !== null) continue;
    const oldest = flights.shift();
    if (oldest !== undefined) scheduler.commit(oldest.plan, { tokenIds: oldest.tokenIds }, 0);
    scheduler.checkInvariants();
  }
  for (const { promptTokenIds, request } of requests) {
    const length = Math.min(promptTokenIds.length + MAX_TOKENS, CONTEXT_LENGTH);
    expect(request.outputTokenIds()).toEqual(answerOf(promptTokenIds, length, windows[0]).tokenIds);
  }
  expect(scheduler.stats()).toMatchObject({ heldBlocks: 0, running: 0, waiting: 0 });
  return errors;
}

test("one error names the policy and the block, nothing is lost, and the next call goes on", () => {
  let errors = 0;
  fc.assert(
    fc.property(cases, (drawn) => {
      const thrown = errorsOf(drawn);
      expect(thrown).toBeLessThanOrEqual(drawn.count);
      errors += thrown;
    }),
    { numRuns: 120 },
  );
  expect(errors).toBeGreaterThan(40);
});
