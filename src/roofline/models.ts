import type { ModelShape } from "./shape.ts";
import { unknownName } from "../unknown-name.ts";

/** What the models of the Llama kind have in common. */
const LLAMA = {
  tiedEmbeddings: false,
  feedForwardMatrices: 3,
  biases: { qkv: false, output: false, feedForward: false },
  normVectors: 1,
  normsPerLayer: 2,
  queryKeyNorm: false,
  positionEmbeddings: 0,
  experts: null,
} as const;

/** Sizes of Llama 1 7B (arXiv 2302.13971, table 2); Llama 2's is the same with twice the context. */
const LLAMA_7B = { ...LLAMA, hiddenSize: 4096, headCount: 32, kvHeadCount: 32, headDim: 128, intermediateSize: 11008, vocabSize: 32000, layers: full(32) };
const LLAMA_3_8B = { ...LLAMA, hiddenSize: 4096, headCount: 32, kvHeadCount: 8, headDim: 128, intermediateSize: 14336, vocabSize: 128256, layers: full(32) };
const LLAMA_70B = { ...LLAMA, hiddenSize: 8192, headCount: 64, kvHeadCount: 8, headDim: 128, intermediateSize: 28672, layers: full(80) };

/** Sources: the config.json that each model is published with. */
const CATALOGUE: readonly ModelShape[] = [
  { ...LLAMA_7B, name: "llama-7b", contextLength: 2048 },
  { ...LLAMA_7B, name: "llama-2-7b", contextLength: 4096 },
  {
    ...LLAMA,
    name: "llama-2-13b",
    hiddenSize: 5120,
    headCount: 40,
    kvHeadCount: 40,
    headDim: 128,
    intermediateSize: 13824,
    vocabSize: 32000,
    contextLength: 4096,
    layers: full(40),
  },
  { ...LLAMA_70B, name: "llama-2-70b", vocabSize: 32000, contextLength: 4096 },
  { ...LLAMA_3_8B, name: "llama-3-8b", contextLength: 8192 },
  { ...LLAMA_3_8B, name: "llama-3.1-8b", contextLength: 131072 },
  { ...LLAMA_70B, name: "llama-3-70b", vocabSize: 128256, contextLength: 8192 },
  {
    // v0.1, the talk's model: later versions have no window.
    ...LLAMA,
    name: "mistral-7b",
    hiddenSize: 4096,
    headCount: 32,
    kvHeadCount: 8,
    headDim: 128,
    intermediateSize: 14336,
    vocabSize: 32000,
    contextLength: 32768,
    layers: [{ count: 32, window: 4096 }],
  },
  {
    ...LLAMA,
    name: "qwen2.5-0.5b",
    hiddenSize: 896,
    headCount: 14,
    kvHeadCount: 2,
    headDim: 64,
    intermediateSize: 4864,
    vocabSize: 151936,
    contextLength: 32768,
    layers: full(24),
    tiedEmbeddings: true,
    biases: { qkv: true, output: false, feedForward: false },
  },
  {
    ...LLAMA,
    name: "qwen2.5-7b",
    hiddenSize: 3584,
    headCount: 28,
    kvHeadCount: 4,
    headDim: 128,
    intermediateSize: 18944,
    vocabSize: 152064,
    contextLength: 131072,
    layers: full(28),
    biases: { qkv: true, output: false, feedForward: false },
  },
  {
    ...LLAMA,
    name: "smollm2-135m",
    hiddenSize: 576,
    headCount: 9,
    kvHeadCount: 3,
    headDim: 64,
    intermediateSize: 1536,
    vocabSize: 49152,
    contextLength: 8192,
    layers: full(30),
    tiedEmbeddings: true,
  },
  {
    ...LLAMA,
    name: "smollm2-1.7b",
    hiddenSize: 2048,
    headCount: 32,
    kvHeadCount: 32,
    headDim: 64,
    intermediateSize: 8192,
    vocabSize: 49152,
    contextLength: 8192,
    layers: full(24),
    tiedEmbeddings: true,
  },
  {
    // Every other layer sees 4,096 tokens; two norms before and two after (arXiv 2408.00118).
    ...LLAMA,
    name: "gemma-2-2b",
    hiddenSize: 2304,
    headCount: 8,
    kvHeadCount: 4,
    headDim: 256,
    intermediateSize: 9216,
    vocabSize: 256000,
    contextLength: 8192,
    layers: [{ count: 13, window: 4096 }, { count: 13, window: null }],
    tiedEmbeddings: true,
    normsPerLayer: 4,
  },
];

/** Every model of the catalogue by name, in the order of the documentation. */
export const MODELS: ReadonlyMap<string, ModelShape> = new Map(CATALOGUE.map((shape) => [shape.name, Object.freeze(shape)]));

/** The model of that name. Throws `InvalidOptionError` that lists the known names. */
export function modelNamed(name: string): ModelShape {
  const shape = MODELS.get(name.toLowerCase());
  if (shape === undefined) throw unknownName("model", name, MODELS.keys(), ", or a Hugging Face config.json");
  return shape;
}

function full(count: number): ModelShape["layers"] {
  return [{ count, window: null }];
}
