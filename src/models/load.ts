import type { ChatTemplate } from "../chat.ts";
import { InvalidModelError } from "../errors.ts";
import { decoderFromConfig } from "../families/index.ts";
import { refuseUnrunnable } from "../families/runnable.ts";
import { hfTensorNames } from "../families/tensor-names.ts";
import type { Model } from "../model.ts";
import { chatFromFolder } from "./chat/load-chat.ts";
import { readCheckpoint, type ReadModelFile } from "./checkpoint.ts";
import { decodeUtf8, parseJsonObject, type JsonObject } from "../json.ts";
import { parseSpecialIds, type SpecialIds } from "./special-ids.ts";
import { parseTokenizer } from "./tokenizer.ts";
import type { ModelTokenizer } from "./tokenizer/assemble.ts";
import { residentModel } from "./resident.ts";
import { assembleModel } from "./weights.ts";

/** A model, its tokenizer, and what its files say about how to run it. */
export interface LoadedModel extends SpecialIds {
  /** For people: the folder's name. */
  readonly name: string;
  readonly model: Model;
  readonly tokenizer: ModelTokenizer;
  /** How it writes conversations; `name` is "plain" where its files have no template. */
  readonly chat: ChatTemplate;
  /** Most positions of a sequence, prompt and output together. */
  readonly contextLength: number;
}

/**
 * Loads a model from wherever `readFile` finds its files: config.json, tokenizer.json, and model.safetensors or its shards;
 * generation_config.json and tokenizer_config.json where they are there. The weights are views into the bytes that `readFile` gave.
 *
 * Throws `InvalidModelError` and `UnsupportedModelError`; what `readFile` throws passes through.
 */
export async function loadModelFromFiles(name: string, readFile: ReadModelFile): Promise<LoadedModel> {
  const configJson = await readJson(readFile, "config.json");
  const { config, family } = decoderFromConfig(configJson);
  refuseUnrunnable(config, "config.json");
  const generation = await readOptionalJson(readFile, "generation_config.json");
  const specialIds = parseSpecialIds(generation, configJson, config.vocabSize);
  const tokenizerConfig = await readOptionalJson(readFile, "tokenizer_config.json");
  const tokenizer = parseTokenizer(await readJson(readFile, "tokenizer.json"), tokenizerConfig);
  const chat = chatFromFolder(tokenizerConfig, await readOptionalText(readFile, "chat_template.jinja"), tokenizer);
  const tensors = await readCheckpoint(readFile);
  const layout = family.layout!;
  const names = hfTensorNames(layout);
  const model = await residentModel(assembleModel({ config, layout, names, tensors, interleaved: false, normOffset: layout.normOffset }));
  return { name, model, tokenizer, chat, contextLength: config.contextLength, ...specialIds };
}

async function readJson(readFile: ReadModelFile, file: string): Promise<JsonObject> {
  const json = await readOptionalJson(readFile, file);
  if (json === null) throw new InvalidModelError(`${file} is missing`);
  return json;
}

async function readOptionalJson(readFile: ReadModelFile, file: string): Promise<JsonObject | null> {
  const bytes = await readFile(file);
  return bytes === null ? null : parseJsonObject(bytes, file);
}

async function readOptionalText(readFile: ReadModelFile, file: string): Promise<string | null> {
  const bytes = await readFile(file);
  return bytes === null ? null : decodeUtf8(bytes, file);
}
