import type { DecoderConfig } from "../../decoder.ts";
import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { decoderFromGguf, longRopeMagnitude } from "../../families/index.ts";
import { refuseUnrunnable } from "../../families/runnable.ts";
import { GGUF_TENSOR_NAMES } from "../../families/tensor-names.ts";
import type { RopeScaling } from "../../rope.ts";
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
  const tokens = metadata.get("tokenizer.ggml.tokens");
  if (!Array.isArray(tokens)) throw new InvalidModelError(`${file}: tokenizer.ggml.tokens is missing or no list`);
  const seen = {
    vocabSize: tokens.length,
    tied: !tensors.has(GGUF_TENSOR_NAMES.head),
    attentionBias: tensors.has(GGUF_TENSOR_NAMES.layer(0, "queryBias")),
    feedForwardBias: tensors.has(GGUF_TENSOR_NAMES.layer(0, "gateBias")),
  };
  return decoderFromGguf(Object.fromEntries(metadata), seen, file);
}

/**
 * Tables of divisors that the file has as tensors: Llama 3's, or the one of LongRoPE's two that the context length
 * chooses.
 */
async function withRopeTables(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, FileTensor>,
  reader: TensorReader,
  { metadata }: GgufHeader,
): Promise<DecoderConfig> {
  const architecture = String(metadata.get("general.architecture"));
  const original = Number(metadata.get(`${architecture}.rope.scaling.original_context_length`) ?? config.contextLength);
  const isLong = config.contextLength > original;
  const tensor =
    tensors.get("rope_freqs.weight") ?? tensors.get(isLong ? "rope_factors_long.weight" : "rope_factors_short.weight");
  if (tensor === undefined) return config;
  const [rope] = config.ropes;
  const divisors = await readDivisors(tensor, reader, rope.dimensions / 2);
  const ofLongRope = tensor.name === "rope_freqs.weight" ? 1 : longRopeMagnitude(config.contextLength, original);
  const magnitude = Number(metadata.get(`${architecture}.rope.scaling.attn_factor`) ?? ofLongRope);
  const scaling: RopeScaling = { kind: "divisors", divisors, magnitude };
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
