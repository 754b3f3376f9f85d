import { expect, test } from "vitest";
import { StepJournal } from "../../src/blocks/step-journal.ts";

test("knows which blocks its plan computes: their names, not the nodes beside them", () => {
  const journal = new StepJournal();
  for (const item of [5, 1, 6, 2]) journal.indexed.push(item);
  expect([5, 6, 1, 2].map((block) => journal.computes(block))).toEqual([true, true, false, false]);
});

test("notes copies as pairs", () => {
  const journal = new StepJournal();
  journal.copy(3, 8);
  journal.copy(4, 9);
  expect([0, 1, 2, 3].map((i) => journal.copies.at(i))).toEqual([3, 8, 4, 9]);
});

test("cleared, it holds nothing of the last plan; sources go when the plan is sealed", () => {
  const journal = new StepJournal();
  journal.indexed.push(5);
  journal.indexed.push(1);
  journal.copy(3, 8);
  journal.swapOuts.push(1);
  journal.swapIns.push(1);
  journal.demoted.push(1);
  journal.adoptions.push({ sequence: null!, group: 0, index: 0, block: 1, ofPlan: [], settled: true });
  journal.clear();
  const { indexed, copies, swapOuts, swapIns, demoted, adoptions } = journal;
  expect([indexed, copies, swapOuts, swapIns, demoted, adoptions].map(({ length }) => length)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(journal.computes(5)).toBe(false);
});
