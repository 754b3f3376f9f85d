import { expect, test } from "vitest";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

test.each([3, 5])("an abort gives all blocks back at once, those of copies in flight too: a prompt of %i", (length) => {
  for (const fate of ["commit", "rollback"] as const) {
    const { scheduler, submit, commit, step } = schedulerOf();
    submit(0, { promptTokenIds: ids(length), maxTokens: 9, n: 2 });
    step();
    const plan = scheduler.schedule(0)!;
    expect(plan.copyCount).toBeGreaterThan(0);
    scheduler.abort(0, 0);
    expect(scheduler.stats().heldBlocks).toBe(0);
    if (fate === "commit") commit(plan);
    else scheduler.rollback(plan, 0);
    expect([scheduler.stats().heldBlocks, scheduler.size]).toEqual([0, 0]);
    scheduler.checkInvariants();
  }
});
