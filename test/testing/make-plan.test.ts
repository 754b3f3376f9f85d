import { describe, expect, test } from "vitest";
import { type PlanRow, makePlan } from "../../src/testing/index.ts";

const ROWS: readonly PlanRow[] = [
  {
    slot: 3,
    tokenIds: [10, 11, 12],
    position: 6,
    tables: [[4, 9, 2]],
    sampled: [0, 2],
    sampling: { temperature: 0.5, topK: 7, seed: 2 ** 33 + 5 },
    choice: 2,
  },
  { slot: 0, tokenIds: [20], position: 2, tables: [[5]], sampled: [], adapterId: 1 },
  {
    slot: 1,
    tokenIds: [~1],
    position: 13,
    tables: [[6, 8]],
    firstPositions: [8],
    sampled: [0],
    sampling: { logprobs: 4 },
  },
];

/** The counted part of a column. */
function counted(column: ArrayLike<number>, count: number): number[] {
  return Array.from(column).slice(0, count);
}

/** What entries of tables hold that no row has. */
const NO_BLOCK = 0x7fffffff;

describe("makePlan", () => {
  const plan = makePlan(5, 4, ROWS, {
    copies: [
      [1, 2],
      [3, 4],
    ],
    swapOuts: [[5, 6]],
    swapIns: [[7, 8]],
  });

  test("counts", () => {
    const { index, tokenCount, requestCount, sampleCount, copyCount, swapOutCount, swapInCount } = plan;
    expect([index, tokenCount, requestCount, sampleCount, copyCount, swapOutCount, swapInCount]).toEqual([
      5, 5, 3, 3, 2, 1, 1,
    ]);
  });

  test("columns of tokens and requests", () => {
    expect(counted(plan.tokenIds, 5)).toEqual([10, 11, 12, 20, -2]);
    expect(counted(plan.positions, 5)).toEqual([6, 7, 8, 2, 13]);
    expect(counted(plan.queryIndptr, 4)).toEqual([0, 3, 4, 5]);
    expect(counted(plan.requestSlots, 3)).toEqual([3, 0, 1]);
    expect(counted(plan.contextLengths, 3)).toEqual([9, 3, 14]);
    expect(counted(plan.adapterIds, 3)).toEqual([0, 1, 0]);
  });

  test("columns of blocks", () => {
    const [group] = plan.groups;
    expect(counted(group.slotMapping, 5)).toEqual([9 * 4 + 2, 9 * 4 + 3, 2 * 4, 5 * 4 + 2, 8 * 4 + 1]);
    expect([
      group.stride,
      [...group.tables.subarray(0, 4)],
      [...group.tables.subarray(4, 8)],
      [...group.tables.subarray(12, 16)],
    ]).toEqual([4, [5, NO_BLOCK, NO_BLOCK, NO_BLOCK], [NO_BLOCK, NO_BLOCK, 6, 8], [4, 9, 2, NO_BLOCK]]);
    expect([group.changeCount, counted(group.changes, 9)]).toEqual([3, [3, 0, 3, 0, 0, 1, 1, 2, 4]]);
    expect([counted(plan.swapOuts, 2), counted(plan.swapIns, 2), counted(plan.copies, 4)]).toEqual([
      [5, 6],
      [7, 8],
      [1, 2, 3, 4],
    ]);
  });

  test("columns of samples", () => {
    expect(counted(plan.sampleIndptr, 4)).toEqual([0, 2, 2, 3]);
    expect(counted(plan.sampleRows, 3)).toEqual([0, 2, 4]);
    const { temperature, topK, topP, minP, seed, choice, logprobs } = plan.sampling;
    expect([counted(temperature, 3), counted(topK, 3), counted(topP, 3), counted(minP, 3)]).toEqual([
      [0.5, 0.5, 0],
      [7, 7, 0],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    expect([counted(seed, 6), counted(choice, 3), counted(logprobs, 3)]).toEqual([
      [5, 2, 5, 2, 0, 0],
      [2, 2, 0],
      [-1, -1, 4],
    ]);
  });

  test("columns go on with numbers that nobody can use", () => {
    expect(plan.tokenIds.subarray(5)).toEqual(new Int32Array(3).fill(0x7fffffff));
    expect(plan.sampling.topP.subarray(3)).toEqual(new Float32Array(3).fill(Number.NaN));
  });

  test("one table a group", () => {
    const { groups } = makePlan(0, 4, [
      { slot: 0, tokenIds: [1], position: 5, tables: [[1, 2], [3]], firstPositions: [0, 4], sampled: [] },
    ]);
    expect(groups.map(({ slotMapping }) => slotMapping[0])).toEqual([9, 13]);
  });

  test("tells of the tables what it is told", () => {
    const row = { slot: 1, tokenIds: [1], position: 5, tables: [[1, 2]], sampled: [] };
    const [{ stride, tables, changes, changeCount }] = makePlan(0, 4, [row], {}, [
      { stride: 3, others: [{ slot: 0, first: 4, blocks: [7, 8] }], changes: [[1, 1, 2]] },
    ]).groups;
    expect([stride, changeCount, counted(changes, 3)]).toEqual([3, 1, [1, 1, 2]]);
    expect([...tables]).toEqual([NO_BLOCK, 7, 8, 1, 2, NO_BLOCK]);
  });

  test("asserts that tables cover the tokens", () => {
    expect(() => makePlan(0, 4, [{ slot: 0, tokenIds: [1, 2], position: 3, tables: [[1]], sampled: [] }])).toThrow(
      "no block for offset 4 in a table of 1",
    );
  });
});
