import { expect, test } from "vitest";
import { makePlan } from "../../src/testing/make-plan.ts";
import { slotInTable } from "../../src/testing/plan-tables.ts";

const plan = makePlan(0, 2, [
  { slot: 0, tokenIds: [4], position: 0, tables: [[3]], sampled: [0] },
  { slot: 1, tokenIds: [5], position: 5, tables: [[7, 4]], firstPositions: [2], sampled: [0] },
]);

test("finds the slot of a position, from the table's first one on", () => {
  const slots = [2, 3, 4, 5].map((position) => slotInTable(plan, { row: 1, group: 0, position }, 2));
  expect(slots).toEqual([14, 15, 8, 9]);
});

test("reads the tables that a device keeps, which may lack a position", () => {
  const own = new Int32Array(plan.groups[0].tables.length).fill(-1);
  own[2] = 9;
  expect([0, 3].map((position) => slotInTable(plan, { row: 0, group: 0, position }, 2, own))).toEqual([-1, -1]);
  expect(slotInTable(plan, { row: 0, group: 0, position: 4 }, 2, own)).toBe(18);
});
