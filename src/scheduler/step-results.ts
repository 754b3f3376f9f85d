import { InvalidResultError } from "../errors.ts";
import type { StepPlan, StepResult } from "../step.ts";

/** Throws `InvalidResultError` where the result has not one id below `vocabSize` for each sample. `source` made it. */
export function checkResult(
  { index, sampleCount }: StepPlan,
  { tokenIds }: StepResult,
  { source, vocabSize }: { readonly source: string; readonly vocabSize: number },
): void {
  if (!(tokenIds?.length >= sampleCount)) {
    throw new InvalidResultError(
      `${source} gave ${tokenIds?.length} ids for the ${sampleCount} samples of plan ${index}`,
    );
  }
  for (let i = 0; i < sampleCount; i++) {
    const id = tokenIds[i];
    // Of a negative number, a fraction and NaN the right side is another number.
    if (id !== id >>> 0 || id >= vocabSize) {
      throw new InvalidResultError(
        `${source} gave the id ${id} for sample ${i} of plan ${index}, an integer in [0, ${vocabSize - 1}] is allowed`,
      );
    }
  }
}
