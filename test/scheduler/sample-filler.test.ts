import { expect, test } from "vitest";
import { Columns } from "../../src/scheduler/columns.ts";
import { ownerOf, SampleFiller } from "../../src/scheduler/sample-filler.ts";
import { entryOf } from "../support/scheduler-parts.ts";

const limits = { maxTokens: 8, maxRequests: 4, blockCount: 10, hostBlockCount: 0, blockSize: 2, groupCount: 1 };

test("choices are all drawn from the last row, each with its number; drafts from a row each", () => {
  const columns = new Columns(limits);
  const filler = new SampleFiller(columns);
  const [leader, ...followers] = [0, 1, 2].map((choice) => entryOf(choice, { choice, sampling: { temperature: 1 } }));
  leader.lead(followers);
  leader.sampleCount = 3;
  filler.several(leader, 1, 6);
  expect([[...columns.sampleRows.subarray(1, 4)], [...columns.sampling.choice.subarray(1, 4)]]).toEqual([[5, 5, 5], [0, 1, 2]]);
  expect([0, 1, 2].map((i) => ownerOf(leader, i))).toEqual([leader, ...followers]);
  leader.draftCount = 2;
  filler.several(leader, 1, 6);
  expect([[...columns.sampleRows.subarray(1, 4)], [...columns.sampling.choice.subarray(1, 4)]]).toEqual([[3, 4, 5], [0, 0, 0]]);
  expect([0, 1, 2].map((i) => ownerOf(leader, i))).toEqual([leader, leader, leader]);
});

test("parameters are written where the owner changes", () => {
  const columns = new Columns(limits);
  const filler = new SampleFiller(columns);
  const [a, b] = [entryOf(0, { sampling: { temperature: 0.5 } }), entryOf(1, { sampling: { temperature: 0.25 } })];
  filler.one(a, 0, 3);
  columns.sampling.temperature[0] = 9;
  filler.one(a, 0, 4);
  expect([columns.sampleRows[0], columns.sampling.temperature[0]]).toEqual([3, 9]);
  filler.one(b, 0, 4);
  expect(columns.sampling.temperature[0]).toBe(0.25);
});
