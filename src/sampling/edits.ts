import type { StepPlan } from "../step.ts";
import { maskWordCount } from "../token-mask.ts";

/** Whether the sample's logits are edited or masked. */
export function isEdited({ editCount, edits, maskCount, maskRows }: StepPlan, sample: number): boolean {
  if (editCount > 0 && edits.indptr[sample] < edits.indptr[sample + 1]) return true;
  return maskCount > 0 && maskPlace(maskRows, maskCount, sample) >= 0;
}

/**
 * Applies a sample's edits, then its mask, to its logits: the one rule that every backend follows, of which
 * `EditColumns` and `StepPlan.maskWords` tell. Each operation is rounded to float32.
 */
export function editLogits(logits: Float32Array, plan: StepPlan, sample: number): void {
  if (plan.editCount > 0) applyEdits(logits, plan, sample);
  if (plan.maskCount === 0) return;
  const place = maskPlace(plan.maskRows, plan.maskCount, sample);
  if (place >= 0) applyMask(logits, plan.maskWords, place * maskWordCount(logits.length));
}

function applyEdits(logits: Float32Array, { edits }: StepPlan, sample: number): void {
  const { indptr, tokenIds, bias, scale, penalty } = edits;
  for (let i = indptr[sample]; i < indptr[sample + 1]; i++) {
    const x = Math.fround(logits[tokenIds[i]] + bias[i]);
    logits[tokenIds[i]] = Math.fround(x > 0 ? x / scale[i] : x * scale[i]) - penalty[i];
  }
}

function applyMask(logits: Float32Array, words: Int32Array, from: number): void {
  for (let id = 0; id < logits.length; id++) {
    if ((words[from + (id >> 5)] & (1 << (id & 31))) === 0) logits[id] = Number.NEGATIVE_INFINITY;
  }
}

/** Where the sample stands in the ascending `rows`; -1 for nowhere. */
function maskPlace(rows: Int32Array, count: number, sample: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle] < sample) low = middle + 1;
    else high = middle;
  }
  return low < count && rows[low] === sample ? low : -1;
}
