import type { DecoderConfig } from "../../decoder.ts";
import type { DType, LayerWeights, Model, Tensor } from "../../model.ts";
import { byteLength } from "../../quantization/index.ts";

/** Each byte of a matrix: a small finite number in every type. */
const BYTE = 0x11;

/**
 * A Llama that computes nothing of use in the time of a real one: its matrices, stored as `dtype`, are filled with one
 * byte. Layers share their tensors.
 */
export function filledModel(config: DecoderConfig, dtype: DType): Model {
  const { vocabSize, hiddenSize, intermediateSize, headCount, kvHeadCount, headDim } = config;
  const matrix = (...shape: [number, number]): Tensor => {
    const info = { name: "filled", dtype, shape };
    return { ...info, bytes: new Uint8Array(byteLength(info)).fill(BYTE) };
  };
  const ones = new Uint8Array(new Float32Array(hiddenSize).fill(1).buffer);
  const norm: Tensor = { name: "ones", dtype: "F32", shape: [hiddenSize], bytes: ones };
  const none = { queryBias: null, keyBias: null, valueBias: null, queryNorm: null, keyNorm: null, outputBias: null };
  const noneEither = { router: null, gateBias: null, upBias: null, downBias: null };
  const layer: LayerWeights = {
    ...none,
    ...noneEither,
    attentionPostNorm: null,
    feedForwardPostNorm: null,
    attentionNorm: norm,
    query: matrix(headCount * headDim, hiddenSize),
    key: matrix(kvHeadCount * headDim, hiddenSize),
    value: matrix(kvHeadCount * headDim, hiddenSize),
    output: matrix(hiddenSize, headCount * headDim),
    feedForwardNorm: norm,
    gate: matrix(intermediateSize, hiddenSize),
    up: matrix(intermediateSize, hiddenSize),
    down: matrix(hiddenSize, intermediateSize),
  };
  const embedding = matrix(vocabSize, hiddenSize);
  return { config, embedding, layers: config.layers.map(() => layer), finalNorm: norm, head: embedding };
}
