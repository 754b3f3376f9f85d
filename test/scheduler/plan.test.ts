import { describe, expect, test } from "vitest";
import { ids, rowsOf, schedulerOf } from "../support/scheduler-of.ts";

/** Ids, positions, KV slots. */
function columnsOf({
  tokenCount,
  tokenIds,
  positions,
  groups,
}: NonNullable<ReturnType<ReturnType<typeof schedulerOf>["scheduler"]["schedule"]>>): number[][] {
  return [tokenIds, positions, groups[0].slotMapping].map((column) => [...column.subarray(0, tokenCount)]);
}

describe("a plan", () => {
  test("gathers each row's tokens, positions and KV slots", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0, { promptTokenIds: [5, 6, 7, 8, 9], maxTokens: 9 });
    const plan = scheduler.schedule(0)!;
    const [[a, b]] = scheduler.blockTables(0)!;
    expect(columnsOf(plan)).toEqual([
      [5, 6, 7, 8, 9],
      [0, 1, 2, 3, 4],
      [4 * a, 4 * a + 1, 4 * a + 2, 4 * a + 3, 4 * b],
    ]);
    commit(plan);
    submit(1, { promptTokenIds: [3, 4] });
    const next = scheduler.schedule(0)!;
    const [[c]] = scheduler.blockTables(1)!;
    expect(columnsOf(next)).toEqual([
      [7, 3, 4],
      [5, 0, 1],
      [4 * b + 1, 4 * c, 4 * c + 1],
    ]);
    expect([rowsOf(next), [...next.contextLengths.subarray(0, 2)], [...next.sampleRows.subarray(0, 2)]]).toEqual([
      [
        [0, 1],
        [1, 2],
      ],
      [6, 2],
      [0, 2],
    ]);
  });

  test("reads a token that is still on the device", () => {
    const { scheduler, submit } = schedulerOf();
    for (const id of [0, 1]) submit(id);
    scheduler.schedule(0);
    expect([...scheduler.schedule(0)!.tokenIds.subarray(0, 2)]).toEqual([~0, ~1]);
  });

  test("keeps the order of rows: what leaves closes up, what comes is appended", () => {
    const { scheduler, submit, step } = schedulerOf({ maxRequests: 8, blockCount: 60 });
    for (const id of [0, 1, 2]) submit(id, { promptTokenIds: ids(3, id), maxTokens: id === 1 ? 2 : 9 });
    for (let i = 0; i < 2; i++) step();
    submit(3, { promptTokenIds: ids(2, 3) });
    expect(rowsOf(scheduler.schedule(0))).toEqual([
      [0, 1],
      [2, 1],
      [3, 2],
    ]);
  });

  test("names what changed in the tables, and no more", () => {
    const { scheduler, submit, commit } = schedulerOf();
    submit(0, { promptTokenIds: ids(7), maxTokens: 20 });
    const changes: number[][] = [];
    for (let i = 0; i < 4; i++) {
      const plan = scheduler.schedule(0)!;
      const [group] = plan.groups;
      changes.push([...group.changes.subarray(0, 3 * group.changeCount)]);
      commit(plan);
    }
    expect(changes).toEqual([[0, 0, 2], [], [0, 2, 3], []]);
  });

  test("has tables that grow by doubling, and then names every running request's whole table", () => {
    const { scheduler, submit, step } = schedulerOf({ blockSize: 1, blockCount: 300, contextLength: 200 });
    submit(0, { promptTokenIds: ids(10), maxTokens: 9 });
    step();
    submit(1, { promptTokenIds: ids(100, 1), maxTokens: 9 });
    const strides: [number, number][] = [];
    for (let i = 0; i < 6; i++) {
      const plan = scheduler.schedule(0)!;
      strides.push([plan.groups[0].stride, plan.groups[0].changeCount]);
      scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount) }, 0);
    }
    expect(strides).toEqual([
      [64, 2],
      [64, 2],
      [64, 2],
      [64, 2],
      [128, 2],
      [128, 2],
    ]);
  });

  test("of a window has tables that are a ring", () => {
    const { scheduler, submit, step } = schedulerOf({
      groups: [{ window: 4 }],
      tokenBudget: 4,
      blockCount: 20,
      contextLength: 60,
    });
    submit(0, { promptTokenIds: ids(40), maxTokens: 9 });
    for (let i = 0; i < 9; i++) step();
    const plan = scheduler.schedule(0)!;
    expect(plan.groups[0].stride).toBe(Math.ceil((4 + 2 * 4) / 4) + 3);
    expect(scheduler.blockTables(0)![0].filter((block) => block !== -1).length).toBeLessThanOrEqual(4);
  });

  test("carries the parameters of each sample", () => {
    const { scheduler, submit } = schedulerOf();
    submit(0);
    submit(1, { sampling: { temperature: 0.5, topK: 3, seed: 7 }, n: 2 });
    const { sampling, sampleCount } = scheduler.schedule(0)!;
    expect([
      [...sampling.temperature.subarray(0, sampleCount)],
      [...sampling.topK.subarray(0, sampleCount)],
      [...sampling.choice.subarray(0, sampleCount)],
    ]).toEqual([
      [0, 0.5, 0.5],
      [0, 3, 3],
      [0, 0, 1],
    ]);
  });
});
