import { describe, expect, test } from "vitest";
import type { EvictionPolicy } from "../../src/blocks/eviction.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { SchedulerDrive } from "../../src/testing/scheduler-drive.ts";
import { drawProgram, type SchedulerProgram } from "../../src/testing/scheduler-program.ts";

/** Small, tight and busy, without faults. */
const calm: SchedulerProgram = {
  ...drawProgram(0),
  blockCount: 12,
  blockSize: 2,
  maxRequests: 6,
  tokenBudget: 16,
  contextLength: 24,
  hostBlockCount: 0,
  longPrefillThreshold: undefined,
  maxPartialPrefills: undefined,
  groups: [{ window: null }],
  constantHash: false,
  planAhead: true,
  requestCount: 25,
  submitRate: 1,
  failRate: 0,
  loseDeviceRate: 0,
  abortRate: 0,
  deadlineRate: 0,
  finishRate: 0,
  pauseRate: 0,
  poisoned: null,
  drafts: false,
  branchRate: 0,
  branchesAnywhere: false,
  steerRate: 0,
};

function run(changes: Partial<SchedulerProgram>, options?: ConstructorParameters<typeof SchedulerDrive>[1]) {
  return new SchedulerDrive({ ...calm, ...changes }, options).run();
}

describe("SchedulerDrive", () => {
  test("runs every request to its end", () => {
    const { ends, stats, longestDrought } = run({});
    expect(ends).toMatchObject({ abort: 0, error: 0 });
    expect(stats).toMatchObject({ submitted: ends.length + ends.stop, heldBlocks: 0, rollbacks: 0 });
    // Some ask for several choices.
    expect(stats.submitted).toBeGreaterThan(25 - ends.refused);
    expect(stats.preemptions).toBeGreaterThan(0);
    expect(longestDrought).toBeLessThan(24);
  });

  test("does what its rates say", () => {
    expect(run({ abortRate: 0.3 }).ends.abort).toBeGreaterThan(0);
    expect(run({ deadlineRate: 1 }).ends.error).toBeGreaterThan(0);
    expect(run({ loseDeviceRate: 0.2 }).ends.error).toBe(0);
    expect(run({ failRate: 0.6 }).stats.rollbacks).toBeGreaterThan(10);
    expect(run({ hostBlockCount: 10 }).stats.cachedTokens).toBeGreaterThan(run({}).stats.cachedTokens);
  });

  test("of a poisoned request and no other failure, that one alone ends by an error", () => {
    for (const poisoned of [0, 3, 9]) {
      const { ends, stats } = run({ poisoned, contextLength: 200, blockCount: 60 });
      expect([ends.error, ends.abort, stats.failed]).toEqual([1, 0, 1]);
    }
  });

  test("in the second half of the turns nothing is interrupted any more, and everything has to end", () => {
    const { turns, ends } = run({ pauseRate: 1, requestCount: 1, longPrefillThreshold: 1, contextLength: 12 });
    expect(turns).toBeGreaterThan(25_000);
    expect(ends.length + ends.stop).toBeGreaterThan(0);
  });

  test("is the same every time, and another with other options", () => {
    expect(run({ failRate: 0.1 })).toEqual(run({ failRate: 0.1 }));
    expect(run({ tokenBudget: 15 }).traceHash).not.toBe(run({}).traceHash);
  });

  /** Gives up the block that was let go last: a parent, while its children stay. */
  function mostRecentlyUsed(): EvictionPolicy {
    const blocks: number[] = [];
    const right = lru();
    return {
      ...right,
      add: (block) => (blocks.push(block), right.add(block)),
      remove: (block) => (blocks.splice(blocks.indexOf(block), 1), right.remove(block)),
      victim: () => blocks.at(-1)!,
    };
  }

  test("finds an eviction policy that gives up parents before children, and names the seed", () => {
    expect(() => run({}, { eviction: mostRecentlyUsed() })).toThrow(
      /^seed 0, turn \d+: node \d+ has block \d+, its parent \d+ has none$/,
    );
  });

  test("finds a chunk policy that goes beyond the budget", () => {
    expect(() => run({}, { chunking: { name: "greedy", chunk: (_request, gap) => gap } })).toThrow(
      /^seed 0, turn \d+: chunk policy greedy gave \d+ of \d+ tokens, \d+ remain$/,
    );
  });

  test("an admission policy that lets nobody in beside others costs no answer; a queue that loses requests is found", () => {
    const never = { name: "never", missingBlocks: () => 1 };
    expect(run({}, { admission: never }).ends).toEqual(run({}).ends);
    const lost = { name: "lost", next: () => undefined, size: 1, add: () => {}, remove: () => {} };
    expect(() => run({}, { queue: lost })).toThrow(/^seed 0, turn 1: /);
  });

  test("takes other policies, whose victims may be older", () => {
    const oldest = {
      name: "first-in",
      victim: (running: readonly { order: number }[]) => running.reduce((a, b) => (a.order < b.order ? a : b)),
    };
    expect(() => run({ requestCount: 8 }, { preemption: oldest as never })).not.toThrow();
  });
});

/** Branches beside chunks in flight and behind windows, at seeds that broke the laws once. */
test("requests may branch at any time", () => {
  for (const seed of [720, 937, 1212, 1393, 2551]) {
    new SchedulerDrive({ ...drawProgram(seed), branchesAnywhere: true }).run();
  }
});
