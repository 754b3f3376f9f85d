/** A long prompt with a sliding window is found again whole, however short its window and small the pool. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { KvEvent } from "../../src/blocks/events.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

/** Runs the same prompt twice; returns how many tokens the second one finds. */
function cachedTokens(options: {
  length: number;
  tokenBudget: number;
  window: number;
  blockCount: number;
  blockSize: number;
  hostBlockCount?: number;
  siblings?: number;
}): number {
  const { length, window, siblings = 0, ...sizes } = options;
  const events: KvEvent[] = [];
  const scheduler = new Scheduler({
    ...sizes,
    groups: [{ window }],
    contextLength: 100_000,
    onKvEvent: (event) => events.push(event),
  });
  const run = (id: number, first: number): number => {
    const request = scheduler.submit(
      { id, promptTokenIds: Array.from({ length }, (_, i) => (i === 0 ? first : i)), maxTokens: 1 },
      0,
    );
    while (scheduler.size > 0) {
      const plan = scheduler.schedule(0)!;
      scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount) }, 0);
    }
    return request.cachedTokenCount;
  };
  for (let i = 1; i <= siblings; i++) run(i, i);
  run(1000, 0);
  scheduler.checkInvariants();
  const found = run(1001, 0);
  const known = new Set<string>();
  for (const event of events) {
    if (event.type === "cleared") continue;
    const name = `${event.block} ${event.group} ${event.tier}`;
    if (event.type === "stored") known.add(name);
    else known.delete(name);
  }
  expect(
    new Set(
      scheduler.kv
        .snapshot()!
        .map((event) => (event.type === "stored" ? `${event.block} ${event.group} ${event.tier}` : "")),
    ),
  ).toEqual(known);
  return found;
}

test.each([512, 16])("600 tokens with a window of 8 in 16 blocks of 4, at a budget of %i", (tokenBudget) => {
  expect(cachedTokens({ length: 600, tokenBudget, window: 8, blockCount: 16, blockSize: 4 })).toBeGreaterThanOrEqual(
    596,
  );
});

test("of any length, window and budget", () => {
  const cases = fc.record({
    length: fc.integer({ min: 2, max: 3000 }),
    tokenBudget: fc.integer({ min: 1, max: 600 }),
    window: fc.integer({ min: 1, max: 40 }),
    blockSize: fc.constantFrom(1, 3, 4, 16),
    hostBlockCount: fc.constantFrom(0, 8),
    siblings: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(cases, (drawn) => {
      const { window, blockSize, length } = drawn;
      const blockCount = 4 * (Math.ceil(window / blockSize) + 3);
      const found = cachedTokens({
        ...drawn,
        tokenBudget: Math.max(drawn.tokenBudget, Math.ceil(length / 100)),
        blockCount,
      });
      expect(found).toBeGreaterThanOrEqual(Math.floor((length - 1) / blockSize) * blockSize);
    }),
    { numRuns: 60 },
  );
});
