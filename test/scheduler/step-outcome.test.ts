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
