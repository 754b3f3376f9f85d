import type { ChatTemplate } from "../../chat.ts";
import { BstarError, InvalidRequestError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { tokenName } from "../tokenizer.ts";
import type { GgufMetadata } from "../tokenizer/gguf-tokenizer.ts";
import { parseChatTemplate, type SpecialTokenNames } from "./chat-template.ts";
import { plainTemplate } from "./plain-template.ts";

/**
 * The chat template of a model's folder: chat_template.jinja, or `chat_template` of tokenizer_config.json, which may be
 * a list of named ones, of which "default" is taken. The plain one where there is none.
 */
export function chatFromFolder(config: JsonObject | null, jinja: string | null, tokenizer: Tokenizer): ChatTemplate {
  const source = jinja ?? defaultOf(config?.["chat_template"]);
  if (source === null) return plainTemplate;
  const names = Object.fromEntries(
    Object.entries(config ?? {}).flatMap(([key, value]) =>
      key.endsWith("_token") && tokenName(value) !== null ? [[key, tokenName(value)!]] : [],
    ),
  );
  const name = jinja === null ? "chat_template of tokenizer_config.json" : "chat_template.jinja";
  return { ...templateOf(source, names, name), stopTokenIds: idsOfNames([names["eos_token"]], tokenizer) };
}

/** The chat template in a GGUF file's metadata (`tokenizer.chat_template`), or the plain one. */
export function chatFromGguf(metadata: GgufMetadata): ChatTemplate {
  const source = metadata.get("tokenizer.chat_template");
  if (typeof source !== "string") return plainTemplate;
  const tokens = metadata.get("tokenizer.ggml.tokens") as readonly string[];
  const nameOf = (key: string): [string, string][] => {
    const name = tokens[Number(metadata.get(`tokenizer.ggml.${key}_token_id`))];
    return name === undefined ? [] : [[`${key}_token`, name]];
  };
  const names = Object.fromEntries(["bos", "eos"].flatMap(nameOf));
  const ends = ["eos", "eot"]
    .map((key) => metadata.get(`tokenizer.ggml.${key}_token_id`))
    .filter((id) => typeof id === "number");
  return { ...templateOf(source, names, "tokenizer.chat_template"), stopTokenIds: ends };
}

/** Each name's id, where it is one token. */
function idsOfNames(names: readonly (string | undefined)[], tokenizer: Tokenizer): number[] {
  return names.flatMap((name) => {
    const ids = name === undefined ? [] : tokenizer.encode(name, { specialTokens: "parse", addSpecialTokens: false });
    return ids.length === 1 ? ids : [];
  });
}

function defaultOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named = Array.isArray(value) ? value.filter(isObject).find(({ name }) => name === "default") : undefined;
  return typeof named?.["template"] === "string" ? named["template"] : null;
}

/** A template that cannot be run spoils chats, not the model: it refuses what it is given. */
function templateOf(source: string, names: SpecialTokenNames, name: string): ChatTemplate {
  try {
    return parseChatTemplate(source, names, name);
  } catch (error) {
    if (!(error instanceof BstarError)) throw error;
    const refuse = (): never => {
      throw new InvalidRequestError(error.message);
    };
    return { name, render: refuse, outputParser: () => plainTemplate.outputParser() };
  }
}
