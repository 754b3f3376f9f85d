import { assert } from "../assert.ts";
import { type DecoderConfig, plainDecoder } from "../decoder.ts";
import type { DType, LayerWeights, Model, Tensor } from "../model.ts";
import { byteLength, FORMATS, isFloat, numberToHalf } from "../quantization/index.ts";
import { uniform } from "../sampling/threefry.ts";
import { randomBlocks } from "./random-blocks.ts";

/** Changes to a random model: any part of its decoder, and how its numbers are stored. */
export interface RandomModelOptions extends Partial<DecoderConfig> {
  /** Equal layers, where `layers` is not given. Default 2. */
  readonly layerCount?: number;
  /** How matrices are stored; norms and biases are F32. Sizes that are given must make whole blocks. Default F32. */
  readonly dtype?: DType;
  /** Give tokens 2i and 2i+1 the same output row, so that every greedy choice is a tie. Default false. */
  readonly tiedLogits?: boolean;
}

/**
 * Grouped-query attention, an odd vocabulary and an intermediate size that is no power of two; small enough for
 * thousands of steps.
 */
const SMALL = {
  vocabSize: 97,
  hiddenSize: 32,
  intermediateSize: 44,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 8,
  contextLength: 128,
};

/** Output rows this much larger than the others spread the logits, so that greedy choices are seldom near a tie. */
const HEAD_GAIN = 4;

/**
 * A tiny decoder with random weights: the same seed and options give the same model, on every machine. Without options
 * a Llama; `queryKeyNorm`, `biases`, `experts`, windows in `layers` and the rest make one of any family.
 */
export function randomModel(seed: number, options: RandomModelOptions = {}): Model {
  const { tiedLogits = false, dtype = "F32", layerCount = 2, ...parts } = options;
  const config = plainDecoder(layerCount, { ...sizesFor(dtype), ...parts });
  const random = new RandomTensors(seed, dtype);
  const { vocabSize, hiddenSize, tiedEmbeddings } = config;
  const embedding = random.matrix("model.embed_tokens.weight", [vocabSize, hiddenSize], 1);
  const layers = config.layers.map((_, layer) => randomLayer(random, config, layer));
  const finalNorm = random.norm("model.norm.weight", hiddenSize);
  const head = tiedEmbeddings ? embedding : random.matrix("lm_head.weight", [vocabSize, hiddenSize], HEAD_GAIN);
  return { config, embedding, layers, finalNorm, head: tiedLogits ? withRowPairs(head) : head };
}

/** Rows of blocks hold whole blocks. */
function sizesFor(dtype: DType): typeof SMALL {
  const { blockSize } = FORMATS[dtype];
  return blockSize === 1
    ? SMALL
    : { ...SMALL, hiddenSize: blockSize, intermediateSize: 2 * blockSize, headDim: blockSize / SMALL.headCount };
}

function randomLayer(random: RandomTensors, config: DecoderConfig, layer: number): LayerWeights {
  const { hiddenSize, headCount, kvHeadCount, headDim, biases, queryKeyNorm, norm } = config;
  const name = (rest: string): string => `model.layers.${layer}.${rest}`;
  const [queries, keys] = [headCount * headDim, kvHeadCount * headDim];
  const bias = (present: boolean, rest: string, size: number) =>
    present ? random.bias(name(`${rest}.bias`), size) : null;
  const postNorm = (rest: string) => (norm.place === "around" ? random.norm(name(`${rest}.weight`), hiddenSize) : null);
  return {
    attentionNorm: random.norm(name("input_layernorm.weight"), hiddenSize),
    query: random.matrix(name("self_attn.q_proj.weight"), [queries, hiddenSize], 2),
    key: random.matrix(name("self_attn.k_proj.weight"), [keys, hiddenSize], 2),
    value: random.matrix(name("self_attn.v_proj.weight"), [keys, hiddenSize], 1),
    queryBias: bias(biases.qkv, "self_attn.q_proj", queries),
    keyBias: bias(biases.qkv, "self_attn.k_proj", keys),
    valueBias: bias(biases.qkv, "self_attn.v_proj", keys),
    queryNorm: queryKeyNorm ? random.norm(name("self_attn.q_norm.weight"), headDim) : null,
    keyNorm: queryKeyNorm ? random.norm(name("self_attn.k_norm.weight"), headDim) : null,
    output: random.matrix(name("self_attn.o_proj.weight"), [hiddenSize, queries], 1),
    outputBias: bias(biases.output, "self_attn.o_proj", hiddenSize),
    attentionPostNorm: postNorm("post_attention_layernorm"),
    feedForwardNorm: random.norm(name("pre_feedforward_layernorm.weight"), hiddenSize),
    ...randomFeedForward(random, config, layer, name),
    feedForwardPostNorm: postNorm("post_feedforward_layernorm"),
  };
}

type FeedForward = Pick<LayerWeights, "router" | "gate" | "up" | "down" | "gateBias" | "upBias" | "downBias">;

function randomFeedForward(
  random: RandomTensors,
  config: DecoderConfig,
  layer: number,
  name: (rest: string) => string,
): FeedForward {
  const { hiddenSize, biases } = config;
  const experts = config.layers[layer].experts ? config.experts : null;
  const size = experts?.intermediateSize ?? config.intermediateSize;
  const many = experts === null ? [] : [experts.count];
  const bias = (rest: string, length: number) =>
    biases.feedForward ? random.bias(name(`mlp.${rest}.bias`), length) : null;
  return {
    router: experts && random.matrix(name("mlp.gate.weight"), [experts.count, hiddenSize], 2),
    gate: random.matrix(name("mlp.gate_proj.weight"), [...many, size, hiddenSize], 1),
    up: random.matrix(name("mlp.up_proj.weight"), [...many, size, hiddenSize], 1),
    down: random.matrix(name("mlp.down_proj.weight"), [...many, hiddenSize, size], 1),
    gateBias: bias("gate_proj", size),
    upBias: bias("up_proj", size),
    downBias: bias("down_proj", hiddenSize),
  };
}

/** Makes tensors whose numbers depend on the seed and on how many tensors were made before. */
class RandomTensors {
  readonly #seed: number;
  readonly #dtype: DType;
  #made = 0;

  constructor(seed: number, dtype: DType) {
    this.#seed = seed;
    this.#dtype = dtype;
  }

  /** Numbers of mean 0 and standard deviation `gain / sqrt(columns)`: products keep the size of their input. */
  matrix(name: string, shape: readonly number[], gain: number): Tensor {
    const dtype = this.#dtype;
    const columns = shape.at(-1)!;
    const spread = gain * Math.sqrt(12 / columns);
    const next = this.#next();
    if (isFloat(dtype)) return floats(name, dtype, shape, (i) => (next(i) - 0.5) * spread);
    const count = shape.reduce((a, b) => a * b, 1);
    const bytes = randomBlocks(dtype, count, gain / Math.sqrt(columns), next);
    assert(bytes.length === byteLength({ name, dtype, shape }), "rows are whole blocks");
    return { name, dtype, shape, bytes };
  }

  /** Numbers between 0.5 and 1.5. */
  norm(name: string, size: number): Tensor {
    const next = this.#next();
    return floats(name, "F32", [size], (i) => 0.5 + next(i));
  }

  /** Numbers between -0.5 and 0.5. */
  bias(name: string, size: number): Tensor {
    const next = this.#next();
    return floats(name, "F32", [size], (i) => next(i) - 0.5);
  }

  #next(): (i: number) => number {
    const serial = this.#made++;
    return (i) => uniform(this.#seed, 0, serial, i);
  }
}

function floats(
  name: string,
  dtype: "F32" | "F16" | "BF16",
  shape: readonly number[],
  numberAt: (i: number) => number,
): Tensor {
  const bytes = new Uint8Array(byteLength({ name, dtype, shape }));
  const view = new DataView(bytes.buffer);
  const size = bytes.length / shape.reduce((a, b) => a * b, 1);
  for (let i = 0; size * i < bytes.length; i++) {
    if (dtype === "F32") view.setFloat32(4 * i, numberAt(i), true);
    else if (dtype === "F16") view.setUint16(2 * i, numberToHalf(numberAt(i)), true);
    else view.setUint16(2 * i, bfloat16(numberAt(i)), true);
  }
  return { name, dtype, shape, bytes };
}

/** The upper half of the float32: rounded toward zero, which is as random. */
function bfloat16(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16;
}

function withRowPairs(matrix: Tensor): Tensor {
  const rowBytes = matrix.bytes.length / matrix.shape[0];
  const bytes = matrix.bytes.slice();
  for (let row = 1; row < matrix.shape[0]; row += 2) {
    bytes.copyWithin(row * rowBytes, (row - 1) * rowBytes, row * rowBytes);
  }
  return { ...matrix, bytes };
}
