import type { DecoderConfig, LayerConfig } from "../../src/decoder.ts";
import type { RopeConfig } from "../../src/rope.ts";

const layer = (window: number | null, rope: number | null = 0, experts = false): LayerConfig => ({
  window,
  rope,
  experts,
});
const rope = (theta: number, dimensions: number, scaling: RopeConfig["scaling"] = null): RopeConfig => ({
  theta,
  dimensions,
  scaling,
});
const AROUND = { kind: "rms", epsilon: 1e-6, place: "around" } as const;
const LLAMA3 = {
  kind: "llama3",
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 32,
} as const;
const YARN = {
  kind: "yarn",
  factor: 4,
  originalContextLength: 32,
  betaFast: 32,
  betaSlow: 1,
  magnitude: 1.14,
  truncated: true,
} as const;

/** For `randomModel`: what a family's decoder has beside a plain Llama's, with heads of 8 numbers. */
export const RANDOM_FAMILIES: Readonly<Record<string, Partial<DecoderConfig>>> = {
  llama: { ropes: [rope(10_000, 8, LLAMA3)] },
  mistral: { layers: [layer(9), layer(9)], kvHeadCount: 1 },
  qwen2: { biases: { qkv: true, output: false, feedForward: false }, tiedEmbeddings: true },
  qwen3: { queryKeyNorm: true, tiedEmbeddings: true },
  smollm3: { layers: [layer(null), layer(null, null), layer(null)] },
  phi3: { ropes: [rope(10_000, 6, YARN)] },
  gemma2: {
    layers: [layer(9), layer(null), layer(9)],
    norm: AROUND,
    activation: "gelu_tanh",
    attentionScale: 0.3,
    attentionSoftCap: 8,
    logitSoftCap: 15,
    embeddingScale: 5.65,
    tiedEmbeddings: true,
  },
  gemma3: {
    layers: [layer(5, 0), layer(null, 1), layer(5, 0)],
    ropes: [rope(10_000, 8), rope(100_000, 8, { kind: "linear", factor: 2 })],
    norm: AROUND,
    queryKeyNorm: true,
    activation: "gelu_tanh",
    embeddingScale: 5.65,
  },
  granite: {
    biases: { qkv: true, output: true, feedForward: true },
    embeddingScale: 12,
    residualScale: 0.22,
    attentionScale: 0.1,
    logitScale: 0.25,
  },
  qwen3moe: {
    layers: [layer(null, 0, true), layer(null), layer(null, 0, true)],
    queryKeyNorm: true,
    experts: { count: 6, perToken: 2, intermediateSize: 32, normalized: true },
  },
  "experts behind norms": {
    layers: [layer(7, 0, true)],
    norm: AROUND,
    experts: { count: 5, perToken: 3, intermediateSize: 32, normalized: false },
  },
};
