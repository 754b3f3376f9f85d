import { describe, expect, test } from "vitest";
import { explain } from "../../src/scheduler/explanation.ts";
import { ids, schedulerParts } from "../support/scheduler-parts.ts";

describe("explain", () => {
  test("of a running request says what it holds", () => {
    const parts = schedulerParts();
    const entry = parts.add(0, { promptTokenIds: ids(12) });
    parts.step(9);
    expect(explain(entry)).toEqual({ id: 0, state: "running", tokenCount: 12, computedTokenCount: 9, cachedTokenCount: 0, preemptionCount: 0, blocks: 3, waitsFor: null });
  });

  test("of a waiting one says what it lacks, or that its turn never came", () => {
    const parts = schedulerParts({ blockCount: 3 });
    const [, second, third] = [0, 1, 2].map((order) => parts.add(order));
    parts.step();
    expect([explain(second).waitsFor, explain(third).waitsFor]).toEqual([{ reason: "blocks", missingBlocks: 2 }, { reason: "behind" }]);
    expect([explain(second).state, explain(second).blocks]).toEqual(["waiting", 0]);
  });

  test("of a paused one says that it waits for nothing but its resume", () => {
    const parts = schedulerParts();
    const entry = parts.add(0);
    parts.roster.pause(entry, 0);
    expect(explain(entry)).toMatchObject({ state: "paused", waitsFor: null });
  });
});
