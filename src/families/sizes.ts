import type { Activation, DecoderSizes, LayerConfig } from "../decoder.ts";
import { InvalidModelError } from "../errors.ts";
import type { Fields } from "./fields.ts";

/** Most layers of a model: the deepest published ones have 126; a damaged number must not fill memory. */
const MAX_LAYERS = 4096;

/** What a family's class takes where the file says nothing; keys of config.json. */
export type SizeDefaults = Readonly<
  Partial<
    Record<
      | "vocab_size"
      | "intermediate_size"
      | "num_attention_heads"
      | "num_key_value_heads"
      | "head_dim"
      | "max_position_embeddings",
      number
    >
  >
>;

/** Sizes under their usual names. Throws `InvalidModelError` where they contradict each other. */
export function readSizes(fields: Fields, defaults: SizeDefaults = {}): DecoderSizes {
  const hiddenSize = fields.positiveInteger("hidden_size");
  const headCount = fields.positiveInteger("num_attention_heads", defaults.num_attention_heads);
  const kvHeadCount = fields.positiveInteger("num_key_value_heads", defaultKvHeads(fields, defaults) ?? headCount);
  if (headCount % kvHeadCount !== 0) {
    throw new InvalidModelError(
      `${fields.file}: ${fields.spell("num_attention_heads")} ${headCount} is not a multiple of ` +
        `${fields.spell("num_key_value_heads")} ${kvHeadCount}`,
    );
  }
  return {
    vocabSize: fields.positiveInteger("vocab_size", defaults.vocab_size),
    hiddenSize,
    intermediateSize: fields.positiveInteger("intermediate_size", defaults.intermediate_size),
    headCount,
    kvHeadCount,
    headDim: readHeadDim(fields, hiddenSize, headCount, defaults.head_dim),
    contextLength: fields.positiveInteger("max_position_embeddings", defaults.max_position_embeddings),
  };
}

/** Heads of keys and values where the file has none; undefined: as many as of queries, as `null` and GGUF have it. */
function defaultKvHeads(fields: Fields, { num_key_value_heads: ofClass }: SizeDefaults): number | undefined {
  return fields.format === "gguf" || fields.isNull("num_key_value_heads") ? undefined : ofClass;
}

/** Even, because the rotary embedding turns pairs. */
function readHeadDim(fields: Fields, hiddenSize: number, headCount: number, fallback: number | undefined): number {
  if (!fields.has("head_dim") && fallback === undefined && hiddenSize % headCount !== 0) {
    throw new InvalidModelError(
      `${fields.file}: ${fields.spell("head_dim")} is missing, and ${fields.spell("hidden_size")} ` +
        `${hiddenSize} is not a multiple of ${fields.spell("num_attention_heads")} ${headCount}`,
    );
  }
  const headDim = fields.positiveInteger("head_dim", fallback ?? hiddenSize / headCount);
  if (headDim % 2 !== 0) fields.fail("head_dim", "even for the rotary embedding", headDim);
  return headDim;
}

export function readLayerCount(fields: Fields): number {
  const count = fields.positiveInteger("num_hidden_layers");
  if (count > MAX_LAYERS) fields.fail("num_hidden_layers", `at most ${MAX_LAYERS}`, count);
  return count;
}

/** Whether a layer's attention has the window; layers are counted from 0. */
export type WindowRule = (layer: number) => boolean;

/**
 * Layers whose windows `layer_types` gives, or where it is absent the family's rule. `window` is `null` where the file
 * switches windows off.
 */
export function readLayers(fields: Fields, window: number | null, rule: WindowRule): LayerConfig[] {
  const count = readLayerCount(fields);
  const types = fields.names("layer_types", count);
  const windowed = (layer: number): boolean => (types === undefined ? rule(layer) : isSliding(fields, types[layer]));
  return Array.from({ length: count }, (_, layer) => ({
    window: windowed(layer) ? window : null,
    rope: 0,
    experts: false,
  }));
}

function isSliding(fields: Fields, type: string): boolean {
  if (type !== "full_attention" && type !== "sliding_attention") {
    fields.unsupported("layer_types", type, "full_attention and sliding_attention");
  }
  return type === "sliding_attention";
}

/** The window of `sliding_window`, or `null` where it is absent. In GGUF files 0 is none (Phi-4). */
export function readWindow(fields: Fields, fallback?: number): number | null {
  if (fields.format === "gguf" && fields.get("sliding_window") === 0) return null;
  return fields.has("sliding_window") || fallback !== undefined
    ? fields.positiveInteger("sliding_window", fallback)
    : null;
}

/**
 * Each `period`-th layer has no window, as `sliding_window_pattern` says it or `fallback`; GGUF files may have a list
 * in its place, true for a layer with the window.
 */
export function readPeriodicWindows(fields: Fields, fallback: number): WindowRule {
  const pattern = fields.get("sliding_window_pattern");
  if (fields.format === "gguf" && isList(pattern)) return (layer) => Boolean(pattern[layer]);
  const period = fields.positiveInteger("sliding_window_pattern", fallback);
  return (layer) => (layer + 1) % period !== 0;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Uint8Array;
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: "silu",
  swish: "silu",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu_new: "gelu_tanh",
  gelu: "gelu",
  relu: "relu",
};

export function readActivation(fields: Fields, key: string, fallback: string): Activation {
  const name = fields.string(key, fallback);
  if (!Object.hasOwn(ACTIVATIONS, name)) fields.unsupported(key, name, Object.keys(ACTIVATIONS).join(", "));
  return ACTIVATIONS[name];
}

/** Biases of the classes that have `attention_bias` and `mlp_bias`. */
export function readBiases(fields: Fields): { qkv: boolean; output: boolean; feedForward: boolean } {
  const attention = fields.boolean("attention_bias", false);
  return { qkv: attention, output: attention, feedForward: fields.boolean("mlp_bias", false) };
}
