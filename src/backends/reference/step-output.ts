import type { StepResult } from "../../step.ts";
import { createLogprobColumns } from "../../sampling/index.ts";

/** A step's results, in arrays that are written again two steps later. */
export type StepOutput = Required<Omit<StepResult, "logits">> & Pick<StepResult, "logits">;

/** Room for `samples` samples; `logits` only where a vocabulary size is given. */
export function createStepOutput(samples: number, keptVocabSize: number | null): StepOutput {
  const columns = {
    tokenIds: new Int32Array(samples),
    sampleFlags: new Uint8Array(samples),
    ...createLogprobColumns(samples),
  };
  return keptVocabSize === null ? columns : { ...columns, logits: new Float32Array(samples * keptVocabSize) };
}
