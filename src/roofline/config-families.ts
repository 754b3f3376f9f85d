import type { ModelShape } from "./shape.ts";

/** Which layers of a family have the window of `sliding_window`. */
export type WindowRule = "none" | "all" | "qwen" | "every-other" | "pattern";

/** What a family's config.json leaves unsaid: defaults of its class in Hugging Face's transformers. */
export interface ConfigFamily {
  readonly tied: boolean;
  readonly gated: boolean;
  readonly qkvBias: boolean;
  /** Bias of the attention's output and of the feed-forward matrices. */
  readonly otherBias: boolean;
  readonly normVectors: ModelShape["normVectors"];
  readonly normsPerLayer: number;
  readonly queryKeyNorm: boolean;
  /** A learned position embedding of `n_positions` rows. */
  readonly learnedPositions: boolean;
  readonly window: WindowRule;
}

const LLAMA: ConfigFamily = {
  tied: false,
  gated: true,
  qkvBias: false,
  otherBias: false,
  normVectors: 1,
  normsPerLayer: 2,
  queryKeyNorm: false,
  learnedPositions: false,
  window: "none",
};

const GEMMA: ConfigFamily = { ...LLAMA, tied: true };
const GPT: ConfigFamily = { ...LLAMA, gated: false, qkvBias: true, otherBias: true, normVectors: 2 };

const FAMILIES: Readonly<Record<string, ConfigFamily>> = {
  llama: LLAMA,
  mistral: { ...LLAMA, window: "all" },
  phi3: { ...LLAMA, window: "all" },
  qwen2: { ...LLAMA, qkvBias: true, window: "qwen" },
  qwen3: { ...LLAMA, queryKeyNorm: true, window: "qwen" },
  gemma: GEMMA,
  gemma2: { ...GEMMA, normsPerLayer: 4, window: "every-other" },
  gemma3_text: { ...GEMMA, normsPerLayer: 4, queryKeyNorm: true, window: "pattern" },
  gpt2: { ...GPT, tied: true, learnedPositions: true },
  gpt_neox: GPT,
  starcoder2: { ...GPT, tied: true, window: "all" },
};

/**
 * The family of that `model_type`. One that is not listed is read as Llama's: sizes and KV are then as the file says, the
 * parameter count may miss its biases and norms (far below 1%).
 */
export function familyOf(modelType: string): ConfigFamily {
  return Object.hasOwn(FAMILIES, modelType) ? FAMILIES[modelType] : LLAMA;
}
