/** Models made in memory, file by file, to be broken by tests. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/json.ts";
import { byteLevelTokenizerJson } from "./tokenizer-files.ts";

const ENCODER = new TextEncoder();

/** Small real models beside the repository; tests that need them are skipped where the folder is absent. */
export const sharedModels = fileURLToPath(new URL("../../../shared/models/", import.meta.url));
export const noSharedModels = !existsSync(sharedModels);

/** End of the titles of tests that need them. */
export const ifShared = noSharedModels ? " (skipped: ../shared/models is absent)" : "";

export interface TensorInput {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Left out: zeros. */
  readonly bytes?: Uint8Array;
}

export function json(value: unknown): Uint8Array {
  return ENCODER.encode(JSON.stringify(value));
}

/** A safetensors file with this header text, whatever it says, before this data. */
export function rawSafetensors(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = typeof header === "string" ? ENCODER.encode(header) : header;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, I64: 8 };

/** A well-formed file: tensors one after the other. */
export function safetensors(inputs: Readonly<Record<string, TensorInput>>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const chunks: Uint8Array[] = [];
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(inputs)) {
    const chunk = bytes ?? new Uint8Array(shape.reduce((product, length) => product * length, ELEMENT_BYTES[dtype]));
    header[name] = { dtype, shape, data_offsets: [end, end + chunk.length] };
    end += chunk.length;
    chunks.push(chunk);
  }
  return rawSafetensors(JSON.stringify(header), Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
}

/** Two layers, 4 query heads over 2 KV heads of 4 numbers. */
export const CONFIG: JsonObject = {
  architectures: ["LlamaForCausalLM"],
  vocab_size: 300,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  bos_token_id: 0,
  eos_token_id: 1,
};

export const LAYER_SHAPES: Readonly<Record<string, readonly number[]>> = {
  input_layernorm: [16],
  "self_attn.q_proj": [16, 16],
  "self_attn.k_proj": [8, 16],
  "self_attn.v_proj": [8, 16],
  "self_attn.o_proj": [16, 16],
  post_attention_layernorm: [16],
  "mlp.gate_proj": [24, 16],
  "mlp.up_proj": [24, 16],
  "mlp.down_proj": [16, 24],
};

/** All tensors that CONFIG implies. */
export function tensors(dtype = "F32"): Record<string, TensorInput> {
  const all: Record<string, TensorInput> = { "model.embed_tokens.weight": { dtype, shape: [300, 16] } };
  for (const layer of [0, 1]) {
    for (const [name, shape] of Object.entries(LAYER_SHAPES)) {
      all[`model.layers.${layer}.${name}.weight`] = { dtype, shape };
    }
  }
  all["model.norm.weight"] = { dtype, shape: [16] };
  all["lm_head.weight"] = { dtype, shape: [300, 16] };
  return all;
}

export type ModelFiles = Record<string, Uint8Array>;

/** A whole model; `changes` replace or add files, and `undefined` takes one away. */
export function modelFiles(changes: Readonly<Record<string, Uint8Array | undefined>> = {}): ModelFiles {
  const files = {
    "config.json": json(CONFIG),
    "tokenizer.json": json(byteLevelTokenizerJson()),
    "model.safetensors": safetensors(tensors()),
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(files).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined),
  );
}

/** Reads from memory as `loadModelFromFiles` wants it. */
export function reader(files: ModelFiles): (name: string) => Promise<Uint8Array | null> {
  return (name) => Promise.resolve(files[name] ?? null);
}
