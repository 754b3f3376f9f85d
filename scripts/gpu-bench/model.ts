import type { Model } from "../../src/model.ts";
import { randomModel } from "../../src/testing/index.ts";

/** A model and what a step with it reads and computes at least. */
export interface BenchModel extends Model {
  readonly parameters: number;
  readonly weightBytes: number;
}

/** Random weights in BF16: layers of an 8B model on a GPU, four of them because weights are made in JavaScript. */
export function benchModel(software: boolean): BenchModel {
  const sizes = software
    ? { hiddenSize: 256, headCount: 8, kvHeadCount: 2, headDim: 32, intermediateSize: 512, vocabSize: 1024 }
    : { hiddenSize: 4096, headCount: 32, kvHeadCount: 8, headDim: 128, intermediateSize: 14_336, vocabSize: 32_768 };
  const layerCount = software ? 2 : 4;
  const model = randomModel(1, { ...sizes, layerCount, contextLength: 1024, dtype: "BF16" });
  const { hiddenSize, headCount, kvHeadCount, headDim, intermediateSize, vocabSize } = sizes;
  const attention = hiddenSize * headDim * (2 * headCount + 2 * kvHeadCount);
  const parameters = layerCount * (attention + 3 * hiddenSize * intermediateSize) + hiddenSize * vocabSize;
  return { ...model, parameters, weightBytes: 2 * parameters };
}
