import { expect, test } from "vitest";
import { makePlan } from "../../src/testing/make-plan.ts";
import { slotInTable, tableOf } from "../../src/testing/plan-tables.ts";

const plan = makePlan(0, 2, [
  { slot: 0, tokenIds: [4], position: 0, tables: [[3]], sampled: [0] },
  { slot: 1, tokenIds: [5], position: 5, tables: [[7, 4]], firstPositions: [2], sampled: [0] },
]);

test("finds the slot of a position, from the table's first one on", () => {
  const slots = [2, 3, 4, 5].map((position) => slotInTable(plan, { row: 1, group: 0, position }, 2));
  expect(slots).toEqual([14, 15, 8, 9]);
});

test("has no slot for positions outside the table", () => {
  for (const position of [0, 1, 6]) expect(slotInTable(plan, { row: 1, group: 0, position }, 2)).toBe(-1);
});

test("gives a row's table", () => {
  expect([0, 1].map((row) => [...tableOf(plan, row, 0)])).toEqual([[3], [7, 4]]);
});
