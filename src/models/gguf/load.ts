import type { DecoderConfig } from "../../decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { decoderFromGguf } from "../../families/index.ts";
import { refuseUnrunnable } from "../../families/runnable.ts";
import { GGUF_TENSOR_NAMES } from "../../families/tensor-names.ts";
import { ropeMagnitude, type RopeScaling } from "../../rope.ts";
import { excerpt } from "../../json.ts";
import { toFloat32 } from "../../quantization/index.ts";
import type { ByteSource } from "../byte-source.ts";
import { chatFromGguf } from "../chat/load-chat.ts";
import { type FileTensor, TensorReader } from "../file-tensors.ts";
import type { LoadedModel, OpenedModel } from "../load.ts";
import { readOpened } from "../load.ts";
import type { LoadOptions } from "../options.ts";
import { quantizedModel } from "../quantized-model.ts";
import { tokenizerFromGguf } from "../tokenizer/gguf-tokenizer.ts";
import { assembleModel } from "../weights.ts";
import { ggufSpecialIds } from "./special-ids.ts";
import { type GgufHeader, readGgufHeader } from "./header.ts";

/**
 * Opens the model in a GGUF file: its header is read and checked, with tokenizer and every tensor's name, shape and
 * type; weights are not. `file` is for messages. Closing the model closes the source.
 *
 * Throws `InvalidModelError` and `UnsupportedModelError` that name the file.
 */
export async function openGguf(source: ByteSource, file: string, options: LoadOptions = {}): Promise<OpenedModel> {
  try {
    return await open(source, file, options);
  } catch (error) {
    await source.close?.();
    throw named(error, file);
  }
}

/** Opens the model in a GGUF file and reads it into memory, tensor by tensor. */
export async function loadGguf(source: ByteSource, file: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return readOpened(await openGguf(source, file, options));
}

/** What reads metadata alone does not know the file's name. */
function named(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error.message.startsWith(`${file}: `)) return error;
  if (error instanceof InvalidModelError) {
    return new InvalidModelError(`${file}: ${error.message}`, { cause: error.cause });
  }
  return error instanceof UnsupportedModelError ? new UnsupportedModelError(`${file}: ${error.message}`) : error;
}

async function open(source: ByteSource, file: string, options: LoadOptions): Promise<OpenedModel> {
  const header = await readGgufHeader(source, file);
  const tensors = new Map(Array.from(header.tensors, ([name, tensor]) => [name, { ...tensor, source, file }]));
  const reader = new TensorReader(tensors.values(), options);
  const { family, config: described } = describe(header, file);
  refuseUnrunnable(described, file);
  const config = await withRopeTables(described, tensors, reader, header);
  const layout = family.layout!;
  const interleaved = layout.interleavedInGguf;
  const model = assembleModel({
    file,
    config,
    layout,
    names: GGUF_TENSOR_NAMES,
    tensors,
    reader,
    interleaved,
    normOffset: 0,
    spare: SPARE_TENSORS,
  });
  const tokenizer = tokenizerFromGguf(header.metadata);
  return {
    name: nameOf(header, file),
    model: quantizedModel(model, options.quantize),
    tokenizer,
    chat: chatFromGguf(header.metadata),
    contextLength: config.contextLength,
    ...ggufSpecialIds(header.metadata, config.vocabSize, file),
    close: async () => source.close?.(),
  };
}

function nameOf({ metadata }: GgufHeader, file: string): string {
  const name = metadata.get("general.name");
  return typeof name === "string" && name !== "" ? name : file;
}

function describe({ metadata, tensors }: GgufHeader, file: string): ReturnType<typeof decoderFromGguf> {
  const parts = Number(metadata.get("split.count") ?? 0);
  if (parts > 1) {
    throw new UnsupportedModelError(
      `${file}: is one of ${parts} parts of a split model; llama-gguf-split --merge joins them`,
    );
  }
  const type = metadata.get("general.type") ?? "model";
  if (type !== "model") {
    throw new UnsupportedModelError(`${file}: general.type is ${excerpt(type)}, only "model" is implemented`);
  }
  const tokens = metadata.get("tokenizer.ggml.tokens");
  if (!Array.isArray(tokens)) throw new InvalidModelError(`${file}: tokenizer.ggml.tokens is missing or no list`);
  const seen = {
    vocabSize: tokens.length,
    tied: !tensors.has(GGUF_TENSOR_NAMES.head),
    biases: {
      qkv: tensors.has(GGUF_TENSOR_NAMES.layer(0, "queryBias")),
      output: tensors.has(GGUF_TENSOR_NAMES.layer(0, "outputBias")),
      feedForward: tensors.has(GGUF_TENSOR_NAMES.layer(0, "gateBias")),
    },
  };
  return decoderFromGguf(Object.fromEntries(metadata), seen, file);
}

/** Tensors that are no weights: tables of the rotary embedding, one of which `withRopeTables` reads. */
const SPARE_TENSORS = ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"];

/**
 * Tables of divisors that the file has as tensors: Llama 3's, or the one of LongRoPE's two that the context length
 * chooses. A linear factor counts beside them.
 */
async function withRopeTables(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, FileTensor>,
  reader: TensorReader,
  { metadata }: GgufHeader,
): Promise<DecoderConfig> {
  const keys = `${String(metadata.get("general.architecture"))}.rope.scaling`;
  const original = Number(metadata.get(`${keys}.original_context_length`) ?? config.contextLength);
  const name = `rope_factors_${config.contextLength > original ? "long" : "short"}.weight`;
  const tensor = tensors.get("rope_freqs.weight") ?? tensors.get(name);
  if (tensor === undefined) {
    if (metadata.get(`${keys}.type`) !== "longrope") return config;
    throw new InvalidModelError(`${name} is missing, and ${keys}.type is longrope`);
  }
  const [rope] = config.ropes;
  if (rope.scaling?.kind === "yarn") {
    throw new UnsupportedModelError(`${tensor.name} beside ${keys}.type yarn is not implemented, only linear`);
  }
  const factor = rope.scaling?.kind === "linear" ? rope.scaling.factor : 1;
  const even = rope.scaling?.kind === "divisors" ? rope.scaling.divisors : null;
  const table = await readDivisors(tensor, reader, rope.dimensions / 2);
  const divisors = table.map((divisor, i) => divisor * (even?.[i] ?? factor));
  const scaling: RopeScaling = { kind: "divisors", divisors, magnitude: ropeMagnitude(rope) };
  return { ...config, ropes: [{ ...rope, scaling }, ...config.ropes.slice(1)] };
}

async function readDivisors(tensor: FileTensor, reader: TensorReader, count: number): Promise<readonly number[]> {
  const { name, file, dtype, shape } = tensor;
  if (dtype !== "F32" || shape.length !== 1 || shape[0] !== count) {
    throw new InvalidModelError(
      `${file}: ${name} is ${dtype} of shape [${shape.join(", ")}], expected F32 of [${count}]`,
    );
  }
  const divisors = toFloat32({ name, dtype, shape, bytes: await reader.read(tensor) });
  if (divisors.some((divisor) => divisor <= 0)) {
    throw new InvalidModelError(`${file}: ${name} holds a number that is not positive`);
  }
  return [...divisors];
}
