import type { DecoderConfig } from "../decoder.ts";
import type { Fields } from "./fields.ts";

/** How a family's checkpoints name and store what `LayerWeights` has under one name each. */
export interface TensorLayout {
  /** Hugging Face's names of the norms before and after the two branches. */
  readonly norms: "llama" | "gemma";
  /** Query, key and value are one matrix, gate and up another, in that order of rows. */
  readonly fused: boolean;
  /** Hugging Face stores a norm's scale minus this. */
  readonly normOffset: 0 | 1;
  /** GGUF files have the rows of query and key in the order of interleaved rotation, head by head. */
  readonly interleavedInGguf: boolean;
}

/** A family of decoders: which files it reads, and how. */
export interface Family {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Names of its class in `architectures` of config.json. */
  readonly architectures: readonly string[];
  /** `general.architecture` of its GGUF files; `null` where these are not read. */
  readonly ggufArchitecture: string | null;
  /** `null` where only the roofline reads it. */
  readonly layout: TensorLayout | null;
  /** Throws `InvalidModelError` and `UnsupportedModelError` that name file, key and value. */
  readonly read: (fields: Fields) => DecoderConfig;
}

/** Names and storage of Llama's checkpoints; most families only change some of it. */
export const LLAMA_LAYOUT: TensorLayout = { norms: "llama", fused: false, normOffset: 0, interleavedInGguf: false };
