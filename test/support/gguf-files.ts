/**
 * GGUF files of random models, written in memory: for families and types of weights that no file beside the repository
 * has.
 */
import type { DecoderConfig } from "../../src/decoder.ts";
import { ggufNames } from "../../src/families/gguf-names.ts";
import { GGUF_TENSOR_NAMES, ggufExperts, type LayerPart } from "../../src/families/tensor-names.ts";
import type { LayerWeights, Model, Tensor } from "../../src/model.ts";
import { GGUF_TENSOR_TYPES } from "../../src/models/gguf/types.ts";
import { rowBytes, rowCount, rowLength } from "../../src/quantization/index.ts";

/** A value of metadata: integers are u32, `{ float }` is f32. */
export type GgufValue = number | { readonly float: number } | string | boolean | readonly string[] | readonly number[];

/** Metadata by key; undefined takes a key out. */
export type GgufKeys = Readonly<Record<string, GgufValue | undefined>>;

/** How an architecture's files store what is not stored as it is. */
interface Storage {
  /** Rows of query and key in the order of interleaved rotation. */
  readonly interleaved?: boolean;
  readonly fused?: boolean;
}

const STORAGE: Readonly<Record<string, Storage>> = {
  llama: { interleaved: true },
  smollm3: { interleaved: true },
  granite: { interleaved: true },
  phi3: { fused: true },
};

const ALIGNMENT = 32;

/** The model as a GGUF file of that architecture; `keys` adds to its metadata, `tensors` to its tensors. */
export function ggufOf(
  architecture: string,
  model: Model,
  keys: GgufKeys = {},
  tensors: readonly Tensor[] = [],
): Uint8Array {
  const chunks = ggufChunks(architecture, model, keys, tensors);
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The same in pieces, for files larger than memory should hold twice. */
export function ggufChunks(
  architecture: string,
  model: Model,
  keys: GgufKeys = {},
  tensors: readonly Tensor[] = [],
): readonly Uint8Array[] {
  const all = Object.entries<GgufValue | undefined>({
    "general.architecture": architecture,
    ...keysOf(architecture, model.config),
    ...vocabulary(model.config.vocabSize),
    ...keys,
  }).filter((entry): entry is [string, GgufValue] => entry[1] !== undefined);
  const stored = [...tensorsOf(model, STORAGE[architecture] ?? {}), ...tensors];
  const header = new Writer();
  header.bytes(new TextEncoder().encode("GGUF"));
  header.u32(3);
  header.u64(stored.length);
  header.u64(all.length);
  for (const [key, value] of all) header.pair(key, value);
  let offset = 0;
  for (const { name, dtype, shape, bytes } of stored) {
    header.text(name);
    header.u32(shape.length);
    for (const length of shape.toReversed()) header.u64(length);
    header.u32(typeNumber(dtype));
    header.u64(offset);
    offset += aligned(bytes.length);
  }
  header.pad();
  for (const { bytes } of stored) {
    header.bytes(bytes);
    header.pad();
  }
  return header.chunks;
}

function keysOf(architecture: string, config: DecoderConfig): GgufKeys {
  const names = ggufNames(architecture);
  const values: Record<string, number> = {
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers.length,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.kvHeadCount,
    head_dim: config.headDim,
    max_position_embeddings: config.contextLength,
  };
  const integers = Object.fromEntries(Object.entries(values).map(([key, value]) => [names[key], value]));
  const floats = {
    [names["rms_norm_eps"]]: { float: config.norm.epsilon },
    [names["rope_theta"]]: { float: config.ropes[0].theta },
  };
  const dimensions = {
    [names["rotary_dimensions"]]: config.ropes[0].dimensions,
    [`${architecture}.attention.value_length`]: config.headDim,
  };
  return { ...integers, ...floats, ...dimensions };
}

/** A sentencepiece vocabulary: three control tokens, the bytes, and pieces of letters. */
function vocabulary(size: number): GgufKeys {
  const tokens = [
    "<unk>",
    "<s>",
    "</s>",
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  ];
  for (let i = 0; tokens.length < size; i++) {
    tokens.push(
      `▁${String.fromCodePoint(97 + (i % 26))}${i >= 26 ? String.fromCodePoint(97 + Math.floor(i / 26)) : ""}`,
    );
  }
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.pre": "default",
    "tokenizer.ggml.tokens": tokens.slice(0, size),
    "tokenizer.ggml.scores": tokens.slice(0, size).map((_, i) => -i - 0.5),
    "tokenizer.ggml.token_type": tokens.slice(0, size).map((_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)),
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.add_bos_token": false,
  };
}

function tensorsOf(model: Model, storage: Storage): Tensor[] {
  const { config } = model;
  const named = (name: string, tensor: Tensor): Tensor => ({ ...tensor, name });
  const head = config.tiedEmbeddings ? [] : [named(GGUF_TENSOR_NAMES.head, model.head)];
  const layers = model.layers.flatMap((layer, number) => layerTensors(layer, number, config, storage));
  return [
    named(GGUF_TENSOR_NAMES.embedding, model.embedding),
    named(GGUF_TENSOR_NAMES.finalNorm, model.finalNorm),
    ...head,
    ...layers,
  ];
}

function layerTensors(
  layer: LayerWeights,
  number: number,
  config: DecoderConfig,
  { interleaved = false, fused = false }: Storage,
): Tensor[] {
  const isMixture = config.layers[number].experts;
  const entries = Object.entries(layer) as [keyof LayerWeights, Tensor | null][];
  const plain = entries.flatMap(([part, tensor]): Tensor[] => {
    if (tensor === null || (fused && ["query", "key", "value", "gate", "up"].includes(part))) return [];
    const name =
      isMixture && (part === "gate" || part === "up" || part === "down")
        ? ggufExperts(number, part)
        : GGUF_TENSOR_NAMES.layer(number, part);
    return [
      {
        ...(interleaved && INTERLEAVED_PARTS.has(part) ? interleavedRows(tensor, config.headDim) : tensor),
        name,
      },
    ];
  });
  const join = (part: LayerPart, ...parts: readonly Tensor[]): Tensor => {
    const bytes = Uint8Array.from(parts.flatMap((tensor) => [...tensor.bytes]));
    return {
      name: GGUF_TENSOR_NAMES.layer(number, part),
      dtype: parts[0].dtype,
      shape: [parts.reduce((sum, { shape }) => sum + shape[0], 0), parts[0].shape[1]],
      bytes,
    };
  };
  return fused
    ? [...plain, join("fusedQkv", layer.query, layer.key, layer.value), join("fusedGateUp", layer.gate, layer.up)]
    : plain;
}

const INTERLEAVED_PARTS: ReadonlySet<keyof LayerWeights> = new Set(["query", "key", "queryBias", "keyBias"]);

/** Row (i, i + headDim / 2) of each head at (2i, 2i + 1); of a bias, the numbers. */
function interleavedRows(tensor: Tensor, headDim: number): Tensor {
  const isVector = tensor.shape.length === 1;
  const size = rowBytes(tensor.dtype, isVector ? 1 : rowLength(tensor));
  const rows = isVector ? tensor.shape[0] : rowCount(tensor);
  const bytes = new Uint8Array(tensor.bytes.length);
  for (let row = 0; row < rows; row++) {
    const at = row % headDim;
    const target = row - at + (at < headDim / 2 ? 2 * at : 2 * (at - headDim / 2) + 1);
    bytes.set(tensor.bytes.subarray(row * size, (row + 1) * size), target * size);
  }
  return { ...tensor, bytes };
}

function typeNumber(dtype: string): number {
  return Number(Object.entries(GGUF_TENSOR_TYPES).find(([, name]) => name === dtype)![0]);
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

const [U32, F32, BOOL, STRING, ARRAY, I32] = [4, 6, 7, 8, 9, 5];

class Writer {
  readonly chunks: Uint8Array[] = [];
  #length = 0;

  bytes(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#length += bytes.length;
  }

  u32(value: number): void {
    this.bytes(new Uint8Array(Uint32Array.of(value).buffer));
  }

  f32(value: number): void {
    this.bytes(new Uint8Array(Float32Array.of(value).buffer));
  }

  u64(value: number): void {
    this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  pair(key: string, value: GgufValue): void {
    this.text(key);
    if (typeof value === "string") {
      this.u32(STRING);
      this.text(value);
    } else if (typeof value === "boolean") {
      this.u32(BOOL);
      this.bytes(Uint8Array.of(value ? 1 : 0));
    } else if (typeof value === "number") {
      this.u32(U32);
      this.u32(value);
    } else if ("float" in value) {
      this.u32(F32);
      this.f32(value.float);
    } else this.#array(value);
  }

  #array(values: readonly string[] | readonly number[]): void {
    const type = typeof values[0] === "string" ? STRING : values.every((value) => Number.isInteger(value)) ? I32 : F32;
    this.u32(ARRAY);
    this.u32(type);
    this.u64(values.length);
    for (const value of values) {
      if (typeof value === "string") this.text(value);
      else if (type === I32) this.bytes(new Uint8Array(Int32Array.of(value).buffer));
      else this.f32(value);
    }
  }

  pad(): void {
    this.bytes(new Uint8Array(aligned(this.#length) - this.#length));
  }
}
