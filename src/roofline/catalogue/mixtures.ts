import type { ModelShape } from "../shape.ts";
import { llamaLike } from "./dense.ts";

const QWEN3 = { queryKeyNorm: true };

/** Biases on all products of attention; every other layer sees 128 tokens (arXiv 2508.10925). */
const GPT_OSS = { biases: { qkv: true, output: true, feedForward: false } };

/** Mixtures of experts. Sources: the config.json that each is published with. */
export const MIXTURE_MODELS: readonly ModelShape[] = [
  llamaLike("mixtral-8x7b", [4096, 32, 32, 8, 128, 14336, 32000, 32768], {
    experts: { layerCount: 32, count: 8, perToken: 2, intermediateSize: 14336 },
  }),
  llamaLike("mixtral-8x22b", [6144, 56, 48, 8, 128, 16384, 32768, 65536], {
    experts: { layerCount: 56, count: 8, perToken: 2, intermediateSize: 16384 },
  }),
  llamaLike("qwen3-30b-a3b", [2048, 48, 32, 4, 128, 6144, 151936, 40960], {
    ...QWEN3,
    experts: { layerCount: 48, count: 128, perToken: 8, intermediateSize: 768 },
  }),
  llamaLike("qwen3-235b-a22b", [4096, 94, 64, 4, 128, 12288, 151936, 40960], {
    ...QWEN3,
    experts: { layerCount: 94, count: 128, perToken: 8, intermediateSize: 1536 },
  }),
  llamaLike(
    "gpt-oss-20b",
    [
      2880,
      [
        { count: 12, window: 128 },
        { count: 12, window: null },
      ],
      64,
      8,
      64,
      2880,
      201088,
      131072,
    ],
    {
      ...GPT_OSS,
      experts: { layerCount: 24, count: 32, perToken: 4, intermediateSize: 2880 },
    },
  ),
  llamaLike(
    "gpt-oss-120b",
    [
      2880,
      [
        { count: 18, window: 128 },
        { count: 18, window: null },
      ],
      64,
      8,
      64,
      2880,
      201088,
      131072,
    ],
    {
      ...GPT_OSS,
      experts: { layerCount: 36, count: 128, perToken: 4, intermediateSize: 2880 },
    },
  ),
  // Three of four layers attend within chunks of 8,192 tokens; they are counted as full attention.
  llamaLike("llama-4-scout", [5120, 48, 40, 8, 128, 16384, 202048, 10485760], {
    experts: { layerCount: 48, count: 16, perToken: 1, intermediateSize: 8192, sharedIntermediateSize: 8192 },
  }),
  llamaLike("llama-4-maverick", [5120, 48, 40, 8, 128, 16384, 202048, 1048576], {
    experts: { layerCount: 24, count: 128, perToken: 1, intermediateSize: 8192, sharedIntermediateSize: 8192 },
  }),
  llamaLike("deepseek-v3", [7168, 61, 128, 128, 128, 18432, 129280, 163840], {
    latent: { queryRank: 1536, kvRank: 512, ropeDim: 64, valueDim: 128 },
    experts: { layerCount: 58, count: 256, perToken: 8, intermediateSize: 2048, sharedIntermediateSize: 2048 },
  }),
];
