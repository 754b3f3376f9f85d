import { InvalidResultError } from "../errors.ts";
import { shown } from "../option-checks.ts";
import type { StepPlan, StepResult } from "../step.ts";

/**
 * Throws `InvalidResultError` where the result has not one id below `vocabSize`, and where it has flags one flag, for
 * each sample. `source` made it. Arguments and not an object, which each step would leave to the collector.
 */
export function checkResult(
  { index, sampleCount }: StepPlan,
  result: StepResult,
  source: string,
  vocabSize: number,
): void {
  if (result === null || typeof result !== "object") {
    throw new InvalidResultError(`${source} gave ${shown(result)} for plan ${index}`);
  }
  const { tokenIds, sampleFlags } = result;
  if (!(tokenIds?.length >= sampleCount)) {
    throw new InvalidResultError(
      `${source} gave ${shown(tokenIds?.length)} ids for the ${sampleCount} samples of plan ${index}`,
    );
  }
  if (sampleFlags !== undefined && !(sampleFlags?.length >= sampleCount)) {
    throw new InvalidResultError(
      `${source} gave ${shown(sampleFlags?.length)} sampleFlags for the ${sampleCount} samples of plan ${index}`,
    );
  }
  for (let i = 0; i < sampleCount; i++) {
    const id = tokenIds[i];
    // Of a negative number, a fraction and NaN the right side is another number.
    if (id !== id >>> 0 || id >= vocabSize) {
      throw new InvalidResultError(
        `${source} gave the id ${shown(id)} for sample ${i} of plan ${index}, ` +
          `an integer in [0, ${vocabSize - 1}] is allowed`,
      );
    }
  }
}
