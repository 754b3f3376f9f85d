/** Random tiny models of families and types of weights that no file beside the repository has, as GGUF files. */
import type { DecoderConfig, LayerConfig } from "../../src/decoder.ts";
import type { DType, Model, Tensor } from "../../src/model.ts";
import type { RopeScaling } from "../../src/rope.ts";
import { type RandomModelOptions, randomModel } from "../../src/testing/random-model.ts";
import { type GgufKeys, ggufOf } from "./gguf-files.ts";

export interface FamilyCase {
  readonly name: string;
  readonly architecture: string;
  /** Of the weights' numbers. */
  readonly seed: number;
  readonly options: RandomModelOptions;
  readonly keys?: GgufKeys;
  readonly tensors?: readonly Tensor[];
}

/** What a case has as a file. */
export function fileOf({ architecture, seed, options, keys, tensors }: FamilyCase): {
  readonly model: Model;
  readonly bytes: Uint8Array;
} {
  const model = randomModel(seed, { ...SIZES, ...options });
  return { model, bytes: ggufOf(architecture, model, keys, tensors) };
}

const SIZES = {
  vocabSize: 288,
  hiddenSize: 64,
  intermediateSize: 96,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 16,
  contextLength: 256,
};
const EXPERTS = { count: 8, perToken: 2, intermediateSize: 32, normalized: true };
const GEMMA: Partial<DecoderConfig> = {
  activation: "gelu_tanh",
  embeddingScale: Math.sqrt(SIZES.hiddenSize),
  tiedEmbeddings: true,
};
const WINDOW = 16;

function layers(count: number, each: (layer: number) => Partial<LayerConfig>): LayerConfig[] {
  return Array.from({ length: count }, (_, layer) => ({ window: null, rope: 0, experts: false, ...each(layer) }));
}

function divisors(name: string, values: readonly number[]): Tensor {
  return { name, dtype: "F32", shape: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** All frequencies divided by `divisor`, cosines and sines times `magnitude`. */
function evenly(divisor: number, magnitude: number): RopeScaling {
  return { kind: "divisors", divisors: new Array<number>(8).fill(divisor), magnitude };
}

const QUANTIZED: readonly DType[] = ["Q4_1", "Q5_1", "IQ4_NL", "Q2_K", "Q3_K", "Q5_K"];
const WIDE = { hiddenSize: 256, intermediateSize: 256, headDim: 64 };
const WIDE_EXPERTS = { ...EXPERTS, intermediateSize: 256 };

export const FAMILY_CASES: readonly FamilyCase[] = [
  {
    name: "phi3",
    architecture: "phi3",
    seed: 1,
    options: {},
    keys: { "phi3.rope.scaling.original_context_length": 256 },
  },
  {
    name: "phi3 with long factors",
    architecture: "phi3",
    seed: 2,
    options: {
      ropes: [
        {
          theta: 10_000,
          dimensions: 16,
          scaling: {
            kind: "divisors",
            divisors: [1, 1.5, 2, 2.5, 3, 4, 5, 6],
            magnitude: Math.sqrt(1 + Math.log(2) / Math.log(128)),
          },
        },
      ],
    },
    keys: {
      "phi3.rope.scaling.original_context_length": 128,
      "phi3.rope.scaling.attn_factor": { float: Math.sqrt(1 + Math.log(2) / Math.log(128)) },
    },
    tensors: [
      divisors("rope_factors_long.weight", [1, 1.5, 2, 2.5, 3, 4, 5, 6]),
      divisors("rope_factors_short.weight", new Array<number>(8).fill(1)),
    ],
  },
  {
    name: "gemma3",
    architecture: "gemma3",
    seed: 3,
    options: {
      ...GEMMA,
      layers: layers(7, (layer) => ({ window: layer % 6 === 5 ? null : WINDOW, rope: layer % 6 === 5 ? 0 : 1 })),
      norm: { kind: "rms", epsilon: 1e-6, place: "around" },
      queryKeyNorm: true,
      ropes: [1_000_000, 10_000].map((theta) => ({ theta, dimensions: 16, scaling: null })),
    },
    keys: { "gemma3.attention.sliding_window": WINDOW },
  },
  { name: "gemma", architecture: "gemma", seed: 4, options: GEMMA },
  {
    name: "smollm3",
    architecture: "smollm3",
    seed: 5,
    options: {
      tiedEmbeddings: true,
      layers: layers(5, (layer) => ({ rope: layer % 4 === 3 ? null : 0 })),
      ropes: [{ theta: 2_000_000, dimensions: 16, scaling: null }],
    },
  },
  {
    name: "qwen3moe",
    architecture: "qwen3moe",
    seed: 6,
    options: { queryKeyNorm: true, experts: EXPERTS, layers: layers(3, () => ({ experts: true })) },
    keys: { "qwen3moe.expert_count": 8, "qwen3moe.expert_used_count": 2, "qwen3moe.expert_feed_forward_length": 32 },
  },
  {
    name: "granite",
    architecture: "granite",
    seed: 7,
    options: { embeddingScale: 3, residualScale: 0.25, attentionScale: 0.2, logitScale: 0.5 },
    keys: {
      "granite.embedding_scale": { float: 3 },
      "granite.residual_scale": { float: 0.25 },
      "granite.attention.scale": { float: 0.2 },
      "granite.logit_scale": { float: 2 },
    },
  },
  {
    name: "linear rope scaling",
    architecture: "llama",
    seed: 8,
    options: { ropes: [{ theta: 10_000, dimensions: 16, scaling: { kind: "linear", factor: 4 } }] },
    keys: { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": { float: 4 } },
  },
  {
    name: "yarn rope scaling",
    architecture: "llama",
    seed: 9,
    options: {
      ropes: [
        {
          theta: 10_000,
          dimensions: 16,
          scaling: {
            kind: "yarn",
            factor: 4,
            originalContextLength: 64,
            betaFast: 32,
            betaSlow: 1,
            magnitude: 0.1 * Math.log(4) + 1,
            truncated: true,
          },
        },
      ],
    },
    keys: {
      "llama.rope.scaling.type": "yarn",
      "llama.rope.scaling.factor": { float: 4 },
      "llama.rope.scaling.original_context_length": 64,
    },
  },
  {
    name: "linear rope scaling by its old key, and an attention factor",
    architecture: "qwen2",
    seed: 23,
    options: { ropes: [{ theta: 10_000, dimensions: 16, scaling: evenly(3, 0.75) }] },
    keys: { "qwen2.rope.scale_linear": { float: 3 }, "qwen2.rope.scaling.attn_factor": { float: 0.75 } },
  },
  {
    name: "a table of frequencies beside linear rope scaling, biases of query, key and value",
    architecture: "llama",
    seed: 24,
    options: {
      biases: { qkv: true, output: false, feedForward: false },
      ropes: [
        {
          theta: 10_000,
          dimensions: 16,
          scaling: { kind: "divisors", divisors: [2, 2, 2, 2, 4, 6, 8, 16], magnitude: 1 },
        },
      ],
    },
    keys: { "llama.rope.scaling.factor": { float: 2 } },
    tensors: [divisors("rope_freqs.weight", [1, 1, 1, 1, 2, 3, 4, 8])],
  },
  {
    name: "gemma3 with a period of 3 and without rope.freq_base",
    architecture: "gemma3",
    seed: 26,
    options: {
      ...GEMMA,
      layers: layers(4, (layer) => ({ window: layer === 2 ? null : WINDOW, rope: layer === 2 ? 0 : 1 })),
      norm: { kind: "rms", epsilon: 1e-6, place: "around" },
      queryKeyNorm: true,
      ropes: [10_000, 10_000].map((theta) => ({ theta, dimensions: 16, scaling: null })),
    },
    keys: {
      "gemma3.attention.sliding_window": WINDOW,
      "gemma3.attention.sliding_window_pattern": 3,
      "gemma3.rope.freq_base": undefined,
    },
  },
  ...QUANTIZED.map((dtype, i): FamilyCase => ({
    name: dtype,
    architecture: "llama",
    seed: 10 + i,
    options: { ...WIDE, dtype },
  })),
  {
    name: "qwen3moe in Q4_K",
    architecture: "qwen3moe",
    seed: 20,
    options: {
      ...WIDE,
      dtype: "Q4_K",
      queryKeyNorm: true,
      experts: WIDE_EXPERTS,
      layers: layers(2, () => ({ experts: true })),
    },
    keys: { "qwen3moe.expert_count": 8, "qwen3moe.expert_used_count": 2, "qwen3moe.expert_feed_forward_length": 256 },
  },
  {
    name: "phi3 in Q5_K",
    architecture: "phi3",
    seed: 21,
    options: { ...WIDE, dtype: "Q5_K" },
    keys: { "phi3.rope.scaling.original_context_length": 256 },
  },
  {
    name: "gemma in Q6_K",
    architecture: "gemma",
    seed: 22,
    options: { ...WIDE, dtype: "Q6_K", ...GEMMA, embeddingScale: Math.sqrt(WIDE.hiddenSize) },
  },
];

/** A prompt of every case: ids that are no control tokens. */
export const CASE_PROMPT: readonly number[] = Array.from({ length: 40 }, (_, i) => 3 + ((i * 37 + 11) % 285));
