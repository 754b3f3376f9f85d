import { expect, test } from "vitest";
import { blockAt, createGatheredTables, firstVisible, gatherTables } from "../src/step-tables.ts";
import { makePlan } from "../src/testing/make-plan.ts";

/** Three requests, blocks of 4; the third one's table begins with its third block. */
const plan = makePlan(0, 4, [
  { slot: 3, tokenIds: [4, 5, 6], position: 6, tables: [[4, 9, 2]], sampled: [] },
  { slot: 0, tokenIds: [7], position: 2, tables: [[5]], sampled: [] },
  { slot: 1, tokenIds: [8], position: 13, tables: [[6, 8]], firstPositions: [8], sampled: [] },
]);

test("finds the block of a position, in a ring too", () => {
  expect([0, 7, 8].map((position) => blockAt(plan.groups[0], 3, position, 4))).toEqual([4, 9, 2]);
  const ring = { ...plan.groups[0], stride: 2, tables: Int32Array.of(7, 8) };
  expect([0, 4, 8, 12].map((position) => blockAt(ring, 0, position, 4))).toEqual([7, 8, 7, 8]);
});

test("gathers the rows' tables as one list", () => {
  const out = createGatheredTables(4);
  gatherTables(plan, 0, { blockSize: 4, window: 6 }, out);
  expect([
    [...out.starts.subarray(0, 4)],
    [...out.blocks.subarray(0, 6)],
    [...out.firstPositions.subarray(0, 3)],
  ]).toEqual([
    [0, 3, 4, 6],
    [4, 9, 2, 5, 6, 8],
    [0, 0, 8],
  ]);
});

test("begins a row with what its first token sees", () => {
  expect([
    firstVisible(plan, 0, null),
    firstVisible(plan, 0, 3),
    firstVisible(plan, 1, 30),
    firstVisible(plan, 2, 1),
  ]).toEqual([0, 4, 0, 13]);
});
