import { expect, test } from "vitest";
import { StepOutcome } from "../../src/scheduler/step-outcome.ts";
import { entryOf } from "../support/scheduler-parts.ts";

test("holds what one commit delivered, and is used again", () => {
  const outcome = new StepOutcome(4);
  const [a, b] = [entryOf(0), entryOf(1)];
  outcome.addToken(a, 5, 2);
  outcome.addToken(b, 6, 0);
  outcome.addFinished(b);
  expect([outcome.tokenCount, outcome.requests.slice(0, 2), [...outcome.tokenIds.subarray(0, 2)], [...outcome.sampleIndices.subarray(0, 2)]]).toEqual([2, [a, b], [5, 6], [2, 0]]);
  expect([outcome.finishedCount, outcome.finished[0]]).toEqual([1, b]);
  outcome.clear();
  outcome.addToken(b, 7, 1);
  expect([outcome.tokenCount, outcome.requests[0], outcome.tokenIds[0], outcome.finishedCount]).toEqual([1, b, 7, 0]);
});

test("takes a token of every row's request at once, and knows the rows of an arrangement that comes again", () => {
  const outcome = new StepOutcome(4);
  const [a, b, c] = [entryOf(0), entryOf(1), entryOf(2)];
  const held = (): unknown[] => [outcome.tokenCount, outcome.requests.slice(0, outcome.tokenCount), [...outcome.tokenIds.subarray(0, outcome.tokenCount)], [...outcome.sampleIndices.subarray(0, outcome.tokenCount)]];
  outcome.addAll([a, b], [5, 6], 2, 7);
  expect(held()).toEqual([2, [a, b], [5, 6], [0, 1]]);
  outcome.clear();
  outcome.addAll([a, b], [8, 9], 2, 7);
  expect(held()).toEqual([2, [a, b], [8, 9], [0, 1]]);
  outcome.clear();
  outcome.addToken(c, 4, 3);
  outcome.clear();
  outcome.addAll([a, b], [1, 2], 2, 7);
  expect(held()).toEqual([2, [a, b], [1, 2], [0, 1]]);
  outcome.clear();
  outcome.addAll([b, c], [1, 2], 2, -1);
  outcome.clear();
  outcome.addAll([c, a], [3, 4], 2, -1);
  expect(held()).toEqual([2, [c, a], [3, 4], [0, 1]]);
});
