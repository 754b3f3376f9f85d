/** Models of real shapes whose numbers do not matter, for benches. */
import type { DecoderConfig } from "../../src/decoder.ts";
import type { DType, LayerWeights, Model, Tensor } from "../../src/model.ts";
import { byteLength, isFloat } from "../../src/quantization/index.ts";
import { randomBlocks } from "../../src/testing/random-blocks.ts";

/** A Llama of matrices stored as `dtype`, whose layers share one set of tensors. */
export function filledModel(config: DecoderConfig, dtype: DType): Model {
  const { vocabSize, hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const made = new Map<string, Uint8Array>();
  const tensor = (type: DType, ...shape: number[]): Tensor => {
    const info = { name: "", dtype: type, shape };
    const key = `${type} ${shape.join()}`;
    if (!made.has(key)) made.set(key, fill(type, byteLength(info)));
    return { ...info, bytes: made.get(key)! };
  };
  const norm = tensor("F32", hiddenSize);
  const none = { queryBias: null, keyBias: null, valueBias: null, queryNorm: null, keyNorm: null, outputBias: null };
  const noneEither = { router: null, gateBias: null, upBias: null, downBias: null };
  const layer: LayerWeights = {
    ...none,
    ...noneEither,
    attentionPostNorm: null,
    feedForwardPostNorm: null,
    attentionNorm: norm,
    query: tensor(dtype, headCount * headDim, hiddenSize),
    key: tensor(dtype, kvHeadCount * headDim, hiddenSize),
    value: tensor(dtype, kvHeadCount * headDim, hiddenSize),
    output: tensor(dtype, hiddenSize, headCount * headDim),
    feedForwardNorm: norm,
    gate: tensor(dtype, intermediateSize, hiddenSize),
    up: tensor(dtype, intermediateSize, hiddenSize),
    down: tensor(dtype, hiddenSize, intermediateSize),
  };
  const table = tensor(dtype, vocabSize, hiddenSize);
  return { config, embedding: table, layers: config.layers.map(() => layer), finalNorm: norm, head: table };
}

/** Blocks that repeat; floats are all about 1. */
function fill(dtype: DType, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (isFloat(dtype)) return bytes.fill(0x3c);
  const blocks = randomBlocks(dtype, 256 * 64, 0.02, (i) => ((i * 2654435761) % 4096) / 4096);
  for (let at = 0; at < length; at += blocks.length) {
    bytes.set(blocks.subarray(0, Math.min(blocks.length, length - at)), at);
  }
  return bytes;
}
