/** Nothing that is cached makes an admission later, and nothing that fits is refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { noEvict } from "../../src/policies/admission/no-evict.ts";
import { watermark } from "../../src/policies/admission/watermark.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { admissionView } from "../support/policy-views.ts";
import { requestOf } from "../support/request-views.ts";

const ids = (length: number, from = 0) => Array.from({ length }, (_, i) => 10_000 * from + i);

function step(scheduler: Scheduler): void {
  const plan = scheduler.schedule(0)!;
  scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(9) }, 0);
}

/**
 * A pool with a block in the cache, and a request beside. Whether a prompt that shares `shared` tokens with what is
 * cached starts at once.
 */
function startsAtOnce(options: {
  blockCount: number;
  beside: number;
  prompt: number;
  shared: number;
  share: number;
}): boolean {
  const { blockCount, beside, prompt, shared, share } = options;
  const scheduler = new Scheduler({
    blockCount,
    blockSize: 16,
    tokenBudget: 500,
    admission: watermark(share),
    contextLength: 16 * blockCount,
  });
  scheduler.submit({ id: "cached", promptTokenIds: ids(16), maxTokens: 1 }, 0);
  step(scheduler);
  scheduler.submit({ id: "beside", promptTokenIds: ids(beside, 1), maxTokens: 9 }, 0);
  step(scheduler);
  const request = scheduler.submit(
    { id: "new", promptTokenIds: [...ids(shared), ...ids(prompt - shared, 2)], maxTokens: 1 },
    0,
  );
  scheduler.schedule(0);
  return request.state === "running";
}

test("10 blocks, 3 of them held, a watermark of one: a prompt of 6 blocks starts with a hit of 10 tokens as it does without", () => {
  expect([0, 10].map((shared) => startsAtOnce({ blockCount: 10, beside: 40, prompt: 96, shared, share: 0.1 }))).toEqual(
    [true, true],
  );
});

test("in any pool a hit of any length starts whenever the same prompt starts cold", () => {
  const cases = fc.record({
    blockCount: fc.integer({ min: 4, max: 14 }),
    beside: fc.integer({ min: 1, max: 40 }),
    prompt: fc.integer({ min: 17, max: 150 }),
    shared: fc.integer({ min: 0, max: 16 }),
    share: fc.constantFrom(0, 0.1, 0.3),
  });
  fc.assert(
    fc.property(cases, (drawn) => {
      fc.pre(drawn.prompt < 16 * drawn.blockCount - 16 && drawn.beside < 16 * drawn.blockCount - 32);
      if (startsAtOnce({ ...drawn, shared: 0 })) expect(startsAtOnce(drawn)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test("a watermark keeps its share, rounded up, whatever binary fractions make of it", () => {
  const kept = (share: number, blockCount: number) =>
    watermark(share).missingBlocks(
      requestOf(0),
      blockCount,
      admissionView({ blockCount, availableBlocks: blockCount }),
    );
  expect([kept(0.07, 100), kept(0.55, 100), kept(0.01, 101), kept(0, 5)]).toEqual([7, 55, 2, 0]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 10_000 }), (percent, blocks) => {
      expect(kept(percent / 100, blocks)).toBe(Math.floor((percent * blocks + 99) / 100));
    }),
  );
});

test("a request whose prompt and all but its last token fit the pool is taken, and runs to its end", () => {
  const cases = fc.record({
    blockCount: fc.integer({ min: 1, max: 5 }),
    blockSize: fc.constantFrom(1, 4, 16),
    left: fc.integer({ min: 0, max: 20 }),
    reserves: fc.boolean(),
    given: fc.boolean(),
  });
  const example = { blockCount: 1, blockSize: 16, left: 0, reserves: false, given: true };
  fc.assert(
    fc.property(cases, ({ blockCount, blockSize, left, reserves, given }) => {
      const slots = blockCount * blockSize;
      const prompt = Math.max(1, slots - left);
      const scheduler = new Scheduler({
        blockCount,
        blockSize,
        tokenBudget: 100,
        admission: reserves ? noEvict() : undefined,
        contextLength: given ? 500 : undefined,
      });
      const request = scheduler.submit({ id: 0, promptTokenIds: ids(prompt), maxTokens: slots - prompt + 1 }, 0);
      while (scheduler.size > 0) step(scheduler);
      expect([request.finishReason, request.tokenCount]).toEqual(["length", slots + 1]);
      if (given) {
        expect(() =>
          scheduler.submit({ id: 1, promptTokenIds: ids(prompt), maxTokens: slots - prompt + 2 }, 0),
        ).toThrow(/blocks, the pool has/);
      }
    }),
    { examples: [[example]] },
  );
});
