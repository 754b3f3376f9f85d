import { expect, test } from "vitest";
import { StepOutcome } from "../../src/scheduler/outcome.ts";
import { sequenceOf } from "../support/scheduler-of.ts";

test("holds what one commit delivered, and is used again", () => {
  const outcome = new StepOutcome(4);
  const [a, b] = [sequenceOf(0), sequenceOf(1)];
  outcome.addToken(a, 5, 2);
  outcome.addToken(b, 6, 0);
  outcome.addFinished(b);
  expect([
    outcome.tokenCount,
    outcome.requests.slice(0, 2),
    [...outcome.tokenIds.subarray(0, 2)],
    [...outcome.sampleIndices.subarray(0, 2)],
  ]).toEqual([2, [a, b], [5, 6], [2, 0]]);
  expect([outcome.finishedCount, outcome.finished[0]]).toEqual([1, b]);
  outcome.clear();
  outcome.addToken(b, 7, 1);
  expect([outcome.tokenCount, outcome.requests[0], outcome.tokenIds[0], outcome.finishedCount]).toEqual([1, b, 7, 0]);
});

test("reads whole plans from their own rows, and ranges of rows", () => {
  const outcome = new StepOutcome(4);
  const [a, b, c] = [sequenceOf(0), sequenceOf(1), sequenceOf(2)];
  const held = (): unknown[] => [
    outcome.tokenCount,
    outcome.requests.slice(0, outcome.tokenCount),
    [...outcome.tokenIds.subarray(0, outcome.tokenCount)],
    [...outcome.sampleIndices.subarray(0, outcome.tokenCount)],
  ];
  outcome.addRows([a, b], [5, 6], 2);
  expect(held()).toEqual([2, [a, b], [5, 6], [0, 1]]);
  outcome.clear();
  outcome.addToken(c, 4, 3);
  outcome.addTokens([a, b, c], 1, [9, 8, 7], 1, 2);
  expect(held()).toEqual([3, [c, b, c], [4, 8, 7], [3, 1, 2]]);
});
