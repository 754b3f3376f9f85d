import { assert } from "../assert.ts";
import { DEFAULT_MAX_EDITS } from "../config.ts";
import type { StepPlan } from "../step.ts";
import type { BackendInfo } from "./backend.ts";

/** Checks the plan's counts against the backend's limits. */
export function checkCounts({ tokenCount, requestCount, sampleCount, groups }: StepPlan, info: BackendInfo): void {
  const { maxTokens, maxRequests, groups: own } = info;
  assert(tokenCount <= maxTokens, () => `a step of ${tokenCount} tokens is over the limit of ${maxTokens}`);
  assert(requestCount <= maxRequests, () => `a step of ${requestCount} requests is over the limit of ${maxRequests}`);
  assert(sampleCount <= maxTokens, () => `a step of ${sampleCount} samples is over the limit of ${maxTokens}`);
  assert(groups.length === own.length, () => `${groups.length} block groups, not ${own.length}`);
}

/** Checks that each sample has a token row of the step. */
export function checkSampleRows({ tokenCount, sampleCount, sampleRows }: StepPlan): void {
  for (let sample = 0; sample < sampleCount; sample++) {
    const row = sampleRows[sample];
    assert(row >= 0 && row < tokenCount, () => `sample ${sample} is of token row ${row} of ${tokenCount}`);
  }
}

/** Checks, O(samples + edits), the edits and masks of a plan: counts, order, ids. */
export function checkSteering(plan: StepPlan, { vocabSize, maxEdits = DEFAULT_MAX_EDITS }: BackendInfo): void {
  const { editCount, edits, maskCount, maskRows, sampleCount } = plan;
  assert(editCount <= maxEdits, () => `a step of ${editCount} edits is over the limit of ${maxEdits}`);
  assert(maskCount <= sampleCount, () => `${maskCount} masks of ${sampleCount} samples`);
  for (let i = 0; i < maskCount; i++) {
    const before = i === 0 ? -1 : maskRows[i - 1];
    assert(
      maskRows[i] > before && maskRows[i] < sampleCount,
      () => `mask ${i} is of sample ${maskRows[i]} of ${sampleCount}, behind one of ${before}`,
    );
  }
  if (editCount === 0) return;
  const { indptr, tokenIds, bias, scale, penalty } = edits;
  for (let sample = 0; sample < sampleCount; sample++) {
    assert(
      indptr[sample] <= indptr[sample + 1],
      () => `sample ${sample} has edits ${indptr[sample]} to ${indptr[sample + 1]}`,
    );
  }
  assert(
    indptr[0] === 0 && indptr[sampleCount] === editCount,
    () => `samples have the edits ${indptr[0]} to ${indptr[sampleCount]} of ${editCount}`,
  );
  for (let i = 0; i < editCount; i++) {
    const id = tokenIds[i];
    assert(id >= 0 && id < vocabSize, () => `edit ${i} is of token id ${id} in a vocabulary of ${vocabSize}`);
    assert(
      !Number.isNaN(bias[i]) && scale[i] > 0 && Number.isFinite(penalty[i]),
      () => `edit ${i} of token id ${id} has bias ${bias[i]}, scale ${scale[i]}, penalty ${penalty[i]}`,
    );
  }
}
