import { expect, test } from "vitest";
import { filledModel } from "../../../src/cli/doctor/filled-model.ts";
import { plainDecoder } from "../../../src/decoder.ts";
import { DTYPES, findNotFinite } from "../../../src/quantization/index.ts";

const CONFIG = plainDecoder(2, {
  vocabSize: 16,
  hiddenSize: 256,
  intermediateSize: 256,
  headCount: 4,
  kvHeadCount: 1,
  headDim: 64,
  contextLength: 16,
});

test.each(DTYPES)("a model in %s has finite numbers in every tensor", (dtype) => {
  const { layers, embedding } = filledModel(CONFIG, dtype);
  expect(layers).toHaveLength(2);
  const tensors = [embedding, ...Object.values(layers[0])].filter((tensor) => tensor !== null);
  expect(tensors.map(findNotFinite)).toEqual(tensors.map(() => -1));
  expect(layers[0].down).toMatchObject({ dtype, shape: [256, 256] });
});
