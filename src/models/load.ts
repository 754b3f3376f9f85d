import type { ChatTemplate } from "../chat.ts";
import { InvalidModelError } from "../errors.ts";
import { decoderFromConfig } from "../families/index.ts";
import { refuseUnrunnable } from "../families/runnable.ts";
import { hfTensorNames } from "../families/tensor-names.ts";
import { decodeUtf8, parseJsonObject, type JsonObject } from "../json.ts";
import type { LazyTensor, Model } from "../model.ts";
import { asSource, type ByteSource, readAll, type ReadModelFile, refuseLfsPointer } from "./byte-source.ts";
import { chatFromFolder } from "./chat/load-chat.ts";
import { type OpenModelFile, readCheckpoint } from "./checkpoint.ts";
import { TensorReader } from "./file-tensors.ts";
import type { LoadOptions } from "./options.ts";
import { quantizedModel } from "./quantized-model.ts";
import { residentModel } from "./resident.ts";
import { parseSpecialIds, type SpecialIds } from "./special-ids.ts";
import { parseTokenizer } from "./tokenizer.ts";
import type { ModelTokenizer } from "./tokenizer/assemble.ts";
import { assembleModel } from "./weights.ts";

/** What a model's files say about how to run it. */
export interface ModelDescription extends SpecialIds {
  /** For people: the folder's or the file's name. */
  readonly name: string;
  readonly tokenizer: ModelTokenizer;
  /** How it writes conversations; `name` is "plain" where its files have no template. */
  readonly chat: ChatTemplate;
  /** Most positions of a sequence, prompt and output together. */
  readonly contextLength: number;
}

/** A model in memory, and what its files say about it. */
export interface LoadedModel extends ModelDescription {
  readonly model: Model;
}

/** A model whose weights are still in its files: a backend that reads them needs no copy on the host. */
export interface OpenedModel extends ModelDescription {
  readonly model: Model<LazyTensor>;
  /** Closes the files; weights cannot be read any more. Idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a model from wherever `readFile` finds its files: config.json, tokenizer.json, and model.safetensors or its
 * shards; generation_config.json and tokenizer_config.json where they are there. Every tensor's name, shape and type is
 * checked; none is read.
 *
 * Throws `InvalidModelError` and `UnsupportedModelError`; what `readFile` throws passes through.
 */
export async function openModelFromFiles(
  name: string,
  readFile: ReadModelFile,
  options: LoadOptions = {},
): Promise<OpenedModel> {
  const files = new OpenFiles(readFile);
  try {
    return await open(name, files, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

/**
 * Opens the model and reads it into memory, tensor by tensor. Throws as `openModelFromFiles`, and the signal's reason
 * when it is aborted.
 */
export async function loadModelFromFiles(
  name: string,
  readFile: ReadModelFile,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  return readOpened(await openModelFromFiles(name, readFile, options));
}

/** Reads an opened model into memory and closes its files. */
export async function readOpened(opened: OpenedModel): Promise<LoadedModel> {
  const { close, ...description } = opened;
  try {
    return { ...description, model: await residentModel(opened.model) };
  } finally {
    await close();
  }
}

async function open(name: string, files: OpenFiles, options: LoadOptions): Promise<OpenedModel> {
  const configJson = await readJson(files, "config.json");
  const { config, family } = decoderFromConfig(configJson);
  const layout = family.layout;
  if (layout === null) throw new InvalidModelError(`config.json: ${config.architecture} has no known names of tensors`);
  refuseUnrunnable(config, "config.json");
  const generation = await readOptionalJson(files, "generation_config.json");
  const specialIds = parseSpecialIds(generation, configJson, config.vocabSize);
  const tokenizerConfig = await readOptionalJson(files, "tokenizer_config.json");
  const tokenizer = parseTokenizer(await readJson(files, "tokenizer.json"), tokenizerConfig);
  const jinja = await readOptionalText(files, "chat_template.jinja");
  const json = await readOptionalJson(files, "chat_template.json");
  const chat = chatFromFolder(tokenizerConfig, { jinja, json }, tokenizer);
  const { file, tensors } = await readCheckpoint(files.open);
  const names = hfTensorNames(layout, (each) => tensors.has(each));
  const reader = new TensorReader(tensors.values(), options);
  const model = assembleModel({
    file,
    config,
    layout,
    names,
    tensors,
    reader,
    interleaved: false,
    normOffset: layout.normOffset,
    spare: null,
  });
  const described = { name, tokenizer, chat, contextLength: config.contextLength, ...specialIds };
  return { ...described, model: quantizedModel(model, options.quantize), close: () => files.close() };
}

/** Files that stay open while tensors may be read from them. */
class OpenFiles {
  readonly #readFile: ReadModelFile;
  readonly #open: ByteSource[] = [];

  constructor(readFile: ReadModelFile) {
    this.#readFile = readFile;
  }

  readonly open: OpenModelFile = async (name) => {
    const file = await this.#readFile(name);
    if (file === null) return null;
    const source = asSource(file);
    this.#open.push(source);
    return source;
  };

  async close(): Promise<void> {
    for (const source of this.#open.splice(0)) await source.close?.();
  }
}

async function readJson(files: OpenFiles, file: string): Promise<JsonObject> {
  const json = await readOptionalJson(files, file);
  if (json === null) throw new InvalidModelError(`${file} is missing`);
  return json;
}

async function readOptionalJson(files: OpenFiles, file: string): Promise<JsonObject | null> {
  const bytes = await readSmall(files, file);
  return bytes === null ? null : parseJsonObject(bytes, file);
}

async function readOptionalText(files: OpenFiles, file: string): Promise<string | null> {
  const bytes = await readSmall(files, file);
  return bytes === null ? null : decodeUtf8(bytes, file);
}

async function readSmall(files: OpenFiles, file: string): Promise<Uint8Array | null> {
  const source = await files.open(file);
  if (source === null) return null;
  const bytes = await readAll(source, file);
  refuseLfsPointer(bytes, file);
  return bytes;
}
