import { expect, test } from "vitest";
import type { BackendInfo } from "../../../src/backends/backend.ts";
import { checkPlan } from "../../../src/backends/cpu/check-plan.ts";
import { InvalidRequestError } from "../../../src/errors.ts";
import type { StepPlan } from "../../../src/step.ts";
import { makePlan } from "../../../src/testing/make-plan.ts";

const info: BackendInfo = {
  name: "cpu",
  blockCount: 8,
  hostBlockCount: 2,
  blockSize: 4,
  maxTokens: 8,
  maxRequests: 2,
  contextLength: 16,
  vocabSize: 10,
  bytesPerBlock: 64,
  groups: [{ window: null }],
};

const plan = (change: (plan: StepPlan) => void = () => {}): StepPlan => {
  const made = makePlan(0, 4, [{ slot: 0, tokenIds: [1, 2, 3], position: 2, tables: [[3, 5]], sampled: [2] }]);
  change(made);
  return made;
};

test("a sound plan passes", () => expect(() => checkPlan(plan(), info, 0)).not.toThrow());

test.each<[string, (plan: StepPlan) => void, RegExp]>([
  ["an id outside the vocabulary", (p) => (p.tokenIds[1] = 10), /token id 10 is outside a vocabulary of 10/],
  ["a sample that there was not", (p) => (p.tokenIds[1] = ~1), /token 1 is sample 1 of a plan that had 1/],
  ["a wrong position", (p) => (p.positions[1] = 4), /token 1 has position 4, not 3/],
  ["a wrong slot", (p) => (p.groups[0].slotMapping[0] = 9), /token 0 has slot 9, its table says 14/],
  ["a row that is no token", (p) => (p.sampleRows[0] = 3), /sample 0 is of token row 3 of 3/],
  ["an adapter", (p) => (p.adapterIds[0] = 7), /adapterId must be 0 \(cpu has no adapters\), got 7/],
])("%s is found", (_, change, message) => expect(() => checkPlan(plan(change), info, 1)).toThrow(message));

test("an adapter is the request's mistake", () => {
  expect(() =>
    checkPlan(
      plan((p) => (p.adapterIds[0] = 7)),
      info,
      0,
    ),
  ).toThrow(InvalidRequestError);
});

test("moves name blocks that there are", () => {
  const swap = (pair: [number, number]): StepPlan => makePlan(0, 4, [], { swapOuts: [pair] });
  expect(() => checkPlan(swap([8, 2]), info, 0)).not.toThrow();
  expect(() => checkPlan(swap([9, 2]), info, 0)).toThrow(/block 9 is outside 1\.\.8/);
  expect(() => checkPlan(swap([8, 3]), info, 0)).toThrow(/block 3 is outside 1\.\.2/);
});
