import { describe, expect, test } from "vitest";
import { firstScored, scoreCount } from "../../src/scheduler/prompt-scores.ts";
import { ids, rowsOf, schedulerOf } from "../support/scheduler-of.ts";

describe("rows that score a prompt", () => {
  const { submit } = schedulerOf();

  test("are those of all prompt tokens but the last one, once", () => {
    const scored = submit("scored", { promptLogprobs: 0 }); // 6 prompt tokens
    expect([0, 3, 6].map((start) => scoreCount(scored, start, 9))).toEqual([5, 2, 0]);
    expect([scoreCount(scored, 0, 3), scoreCount(submit("plain"), 0, 6)]).toEqual([3, 0]);
    scored.scoredTokenCount = 4;
    expect([firstScored(scored, 0), scoreCount(scored, 0, 6), scoreCount(scored, 4, 6)]).toEqual([3, 2, 1]);
  });
});

describe("a prompt that is scored", () => {
  const input = { promptTokenIds: ids(6, 3), promptLogprobs: 2, maxTokens: 2 };

  test("has a forced sample in each row, and its own one behind them", () => {
    const { scheduler, submit } = schedulerOf();
    submit("a", input);
    const { sampleCount, sampleRows, editCount, edits, sampling } = scheduler.schedule(0)!;
    expect([sampleCount, [...sampleRows.subarray(0, 6)], editCount]).toEqual([6, [0, 1, 2, 3, 4, 5], 5]);
    expect([...edits.tokenIds.subarray(0, 5)]).toEqual(input.promptTokenIds.slice(1));
    expect([...edits.bias.subarray(0, 5)].every((bias) => bias === Number.POSITIVE_INFINITY)).toBe(true);
    expect([...sampling.logprobs.subarray(0, 6)]).toEqual([2, 2, 2, 2, 2, -1]);
  });

  test("takes no more rows than the step has edits, says so where there are none, and gets on", () => {
    const { scheduler, submit, waitsFor } = schedulerOf({ maxEditsPerStep: 4 });
    submit("first", { ...input, promptTokenIds: ids(9, 3) });
    submit("second", input);
    const turns: unknown[] = [];
    for (let now = 0; now < 4; now++) {
      const plan = scheduler.schedule(now)!;
      turns.push(rowsOf(plan));
      expect(plan.editCount).toBeLessThanOrEqual(4);
      if (now === 0) expect(waitsFor("second")).toEqual({ reason: "edits", limit: 4 });
      scheduler.commit(plan, { tokenIds: forcedOr(plan, 7) }, now);
    }
    expect(turns).toEqual([
      [["first", 4]],
      [["first", 5]],
      [
        ["first", 1],
        ["second", 4],
      ],
      [["second", 2]],
    ]);
  });

  test("has each score once, although it is computed again beside a plan in flight", () => {
    const { scheduler, submit } = schedulerOf({ tokenBudget: 4 });
    submit("a", input);
    const first = scheduler.schedule(0)!;
    const samples = forcedOr(first, 7);
    scheduler.pause("a", 0);
    scheduler.resume("a", 0);
    const second = scheduler.schedule(0)!;
    const again = forcedOr(second, 7);
    const positions = (plan: typeof first, tokenIds: Int32Array): number[] =>
      scheduler.commit(plan, { tokenIds }, 1).scores.map(({ position }) => position);
    expect(positions(first, samples)).toEqual([1, 2, 3, 4]);
    expect(positions(second, again)).toEqual([]);
    const third = scheduler.schedule(2)!;
    expect(positions(third, forcedOr(third, 7))).toEqual([5]);
  });
});

/** The ids that edits force, and another one for samples without edits. */
function forcedOr(
  { sampleCount, editCount, edits }: NonNullable<ReturnType<ReturnType<typeof schedulerOf>["scheduler"]["schedule"]>>,
  other: number,
): Int32Array {
  return Int32Array.from({ length: sampleCount }, (_, s) =>
    editCount > 0 && edits.indptr[s] < edits.indptr[s + 1] ? edits.tokenIds[edits.indptr[s]] : other,
  );
}
