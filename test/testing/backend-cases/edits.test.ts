import { expect, test } from "vitest";
import { editCases } from "../../../src/testing/backend-cases/edits.ts";
import { type Fault, faulty, onPlan, onResult, runCase } from "../../support/faulty-backend.ts";

const withoutEdits = onPlan((plan) => ({ ...plan, editCount: 0 }));
const withoutMasks = onPlan((plan) => ({ ...plan, maskCount: 0 }));
const without = (column: "bias" | "scale" | "penalty", value: number): Fault =>
  onPlan((plan) => ({ ...plan, edits: { ...plan.edits, [column]: plan.edits[column].map(() => value) } }));
const ofTheSampleBefore = onPlan((plan) => {
  const maskRows = plan.maskRows.map((row, i) => (i < plan.maskCount ? row + 1 : row));
  return maskRows[plan.maskCount - 1] < plan.sampleCount ? { ...plan, maskRows } : plan;
});
/** In a batch, nothing is edited. */
const byBatch = onPlan((plan) => (plan.requestCount > 1 ? { ...plan, editCount: 0, maskCount: 0 } : plan));

/** Log probabilities of what a mask leaves. */
const ofTheMasked = onResult(({ logprobs, logits }, { maskRows, maskCount, sampling }) => {
  for (const sample of maskRows.subarray(0, maskCount)) {
    if (sampling.logprobs[sample] >= 0 && logits !== undefined) logprobs![sample] = 0;
  }
});
const maskedLogits = onResult(({ logits, tokenIds }, { maskRows, maskCount }) => {
  const vocabSize = logits!.length / tokenIds.length;
  for (const sample of maskRows.subarray(0, maskCount)) logits![sample * vocabSize + 1] = Number.NEGATIVE_INFINITY;
});
const flagged = onResult(({ sampleFlags }, { maskRows, maskCount }) => {
  for (const sample of maskRows.subarray(0, maskCount)) sampleFlags![sample] = 1;
});

const FAULTS: readonly (readonly [name: string, what: string, fault: Fault])[] = [
  ["edits and masks follow the rule", "no edits", withoutEdits],
  ["edits and masks follow the rule", "no masks", withoutMasks],
  ["edits and masks follow the rule", "no bias", without("bias", 0)],
  ["edits and masks follow the rule", "no scale", without("scale", 1)],
  ["edits and masks follow the rule", "no penalty", without("penalty", 0)],
  ["edits and masks follow the rule", "the mask of another sample", ofTheSampleBefore],
  ["an edited draw is the same alone and in a batch", "none in a batch", byBatch],
  ["edits and masks leave logits and log probabilities as they are", "of the mask", ofTheMasked],
  ["edits and masks leave logits and log probabilities as they are", "masked logits", maskedLogits],
  ["a mask flags no logits", "flagged", flagged],
];

test.each(FAULTS)("%s: a backend that breaks it is found out (%s)", async (name, _, fault) => {
  await expect(runCase(editCases, name, faulty(fault))).rejects.toThrow(/token|log probability|logits|flagged/);
});

test("every case has a fault, and the reference none", async () => {
  expect(new Set(FAULTS.map(([name]) => name))).toEqual(new Set(editCases.map(({ name }) => name)));
  const right = faulty(() => ({}));
  for (const { name } of editCases) await runCase(editCases, name, right);
});
