import type { LayerKind, ModelShape } from "../shape.ts";

/**
 * Hidden size, layers, query heads, KV heads, head size, intermediate size, vocabulary, context: in the order of a
 * model card.
 */
export type Sizes = readonly [
  hiddenSize: number,
  layers: number | readonly LayerKind[],
  headCount: number,
  kvHeadCount: number,
  headDim: number,
  intermediateSize: number,
  vocabSize: number,
  contextLength: number,
];

/** What the models of the Llama kind have in common; `more` says what is different. */
export function llamaLike(name: string, sizes: Sizes, more: Partial<ModelShape> = {}): ModelShape {
  const [hiddenSize, layers, headCount, kvHeadCount, headDim, intermediateSize, vocabSize, contextLength] = sizes;
  return {
    name,
    hiddenSize,
    layers: typeof layers === "number" ? [{ count: layers, window: null }] : layers,
    headCount,
    kvHeadCount,
    headDim,
    intermediateSize,
    vocabSize,
    contextLength,
    tiedEmbeddings: false,
    feedForwardMatrices: 3,
    biases: { qkv: false, output: false, feedForward: false },
    normVectors: 1,
    normsPerLayer: 2,
    queryKeyNorm: false,
    positionEmbeddings: 0,
    experts: null,
    ...more,
  };
}

const TIED = { tiedEmbeddings: true };
const QWEN2 = { biases: { qkv: true, output: false, feedForward: false } };
const QWEN3 = { queryKeyNorm: true };

/** Norms before and after each half of a layer; five layers with a window for one without (arXiv 2503.19786). */
const GEMMA3 = { tiedEmbeddings: true, normsPerLayer: 4, queryKeyNorm: true };
const gemma3Layers = (count: number, window: number): LayerKind[] => [
  { count: count - Math.floor(count / 6), window },
  { count: Math.floor(count / 6), window: null },
];

/** Dense models. Sources: the config.json that each is published with; of Llama 1, arXiv 2302.13971, table 2. */
export const DENSE_MODELS: readonly ModelShape[] = [
  llamaLike("llama-7b", [4096, 32, 32, 32, 128, 11008, 32000, 2048]),
  llamaLike("llama-2-7b", [4096, 32, 32, 32, 128, 11008, 32000, 4096]),
  llamaLike("llama-2-13b", [5120, 40, 40, 40, 128, 13824, 32000, 4096]),
  llamaLike("llama-2-70b", [8192, 80, 64, 8, 128, 28672, 32000, 4096]),
  llamaLike("codellama-34b", [8192, 48, 64, 8, 128, 22016, 32000, 16384]),
  llamaLike("llama-3-8b", [4096, 32, 32, 8, 128, 14336, 128256, 8192]),
  llamaLike("llama-3.1-8b", [4096, 32, 32, 8, 128, 14336, 128256, 131072]),
  llamaLike("llama-3-70b", [8192, 80, 64, 8, 128, 28672, 128256, 8192]),
  llamaLike("llama-3.1-70b", [8192, 80, 64, 8, 128, 28672, 128256, 131072]),
  llamaLike("llama-3.3-70b", [8192, 80, 64, 8, 128, 28672, 128256, 131072]),
  llamaLike("llama-3.1-405b", [16384, 126, 128, 8, 128, 53248, 128256, 131072]),
  llamaLike("llama-3.2-1b", [2048, 16, 32, 8, 64, 8192, 128256, 131072], TIED),
  llamaLike("llama-3.2-3b", [3072, 28, 24, 8, 128, 8192, 128256, 131072], TIED),
  // v0.1, whose layers see 4,096 tokens.
  llamaLike("mistral-7b", [4096, [{ count: 32, window: 4096 }], 32, 8, 128, 14336, 32000, 32768]),
  llamaLike("mistral-nemo", [5120, 40, 32, 8, 128, 14336, 131072, 131072]),
  llamaLike("mistral-small-24b", [5120, 40, 32, 8, 128, 32768, 131072, 32768]),
  llamaLike("yi-34b", [7168, 60, 56, 8, 128, 20480, 64000, 4096]),
  llamaLike("qwen2.5-0.5b", [896, 24, 14, 2, 64, 4864, 151936, 32768], { ...QWEN2, ...TIED }),
  llamaLike("qwen2.5-7b", [3584, 28, 28, 4, 128, 18944, 152064, 131072], QWEN2),
  llamaLike("qwen2.5-14b", [5120, 48, 40, 8, 128, 13824, 152064, 131072], QWEN2),
  llamaLike("qwen2.5-32b", [5120, 64, 40, 8, 128, 27648, 152064, 131072], QWEN2),
  llamaLike("qwen2.5-72b", [8192, 80, 64, 8, 128, 29568, 152064, 131072], QWEN2),
  llamaLike("qwen3-0.6b", [1024, 28, 16, 8, 128, 3072, 151936, 40960], { ...QWEN3, ...TIED }),
  llamaLike("qwen3-4b", [2560, 36, 32, 8, 128, 9728, 151936, 40960], { ...QWEN3, ...TIED }),
  llamaLike("qwen3-8b", [4096, 36, 32, 8, 128, 12288, 151936, 40960], QWEN3),
  llamaLike("qwen3-14b", [5120, 40, 40, 8, 128, 17408, 151936, 40960], QWEN3),
  llamaLike("qwen3-32b", [5120, 64, 64, 8, 128, 25600, 151936, 40960], QWEN3),
  llamaLike("smollm2-135m", [576, 30, 9, 3, 64, 1536, 49152, 8192], TIED),
  llamaLike("smollm2-1.7b", [2048, 24, 32, 32, 64, 8192, 49152, 8192], TIED),
  // Every other layer sees 4,096 tokens; two norms before and two after (arXiv 2408.00118).
  llamaLike(
    "gemma-2-2b",
    [
      2304,
      [
        { count: 13, window: 4096 },
        { count: 13, window: null },
      ],
      8,
      4,
      256,
      9216,
      256000,
      8192,
    ],
    { ...TIED, normsPerLayer: 4 },
  ),
  llamaLike("gemma-3-1b", [1152, gemma3Layers(26, 512), 4, 1, 256, 6912, 262144, 32768], GEMMA3),
  llamaLike("gemma-3-4b", [2560, gemma3Layers(34, 1024), 8, 4, 256, 10240, 262208, 131072], GEMMA3),
  llamaLike("gemma-3-12b", [3840, gemma3Layers(48, 1024), 16, 8, 256, 15360, 262208, 131072], GEMMA3),
  llamaLike("gemma-3-27b", [5376, gemma3Layers(62, 1024), 32, 16, 128, 21504, 262208, 131072], GEMMA3),
];
