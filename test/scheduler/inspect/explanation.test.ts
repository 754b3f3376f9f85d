import { describe, expect, test } from "vitest";
import { ids, schedulerOf } from "../../support/scheduler-of.ts";

describe("explain", () => {
  test("of a running request says what it holds", () => {
    const { scheduler, submit } = schedulerOf({ tokenBudget: 9 });
    submit(0, { promptTokenIds: ids(12) });
    scheduler.schedule(0);
    expect(scheduler.explain(0)).toEqual({
      id: 0,
      state: "running",
      tokenCount: 12,
      computedTokenCount: 9,
      cachedTokenCount: 0,
      preemptionCount: 0,
      blocks: 3,
      waitsFor: null,
    });
  });

  test("of a waiting one says what it lacks, or that its turn never came", () => {
    const { scheduler, submit, waitsFor } = schedulerOf({ blockCount: 3, contextLength: 12 });
    for (const id of [0, 1, 2]) submit(id);
    scheduler.schedule(0);
    expect([waitsFor(1), waitsFor(2)]).toEqual([{ reason: "blocks", missingBlocks: 2 }, { reason: "behind" }]);
    expect(scheduler.explain(1)).toMatchObject({ state: "waiting", blocks: 0 });
  });

  test("of a paused one says that it waits for nothing but its resume", () => {
    const { scheduler, submit } = schedulerOf();
    submit(0);
    scheduler.pause(0, 0);
    expect(scheduler.explain(0)).toMatchObject({ state: "paused", waitsFor: null });
  });
});
