import type { ChatTemplate, ChatValue } from "../../chat.ts";
import { BstarError, InvalidRequestError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { tokenName } from "../tokenizer.ts";
import type { GgufMetadata } from "../tokenizer/gguf-tokenizer.ts";
import { parseChatTemplate, type SpecialTokenNames } from "./chat-template.ts";
import { plainTemplate } from "./plain-template.ts";

/** Templates by name: with tools "tool_use" is taken where it is there, else "default". */
type NamedTemplates = Readonly<Record<string, string>>;

/** Files beside tokenizer_config.json that may hold the template. */
export interface TemplateFiles {
  /** chat_template.jinja. */
  readonly jinja?: string | null;
  /** chat_template.json, of models that see images too. */
  readonly json?: JsonObject | null;
}

/**
 * The chat template of a model's folder: chat_template.jinja, or `chat_template` of tokenizer_config.json or of
 * chat_template.json, which may be a list of named ones. The plain one where there is none.
 */
export function chatFromFolder(
  config: JsonObject | null,
  { jinja = null, json = null }: TemplateFiles,
  tokenizer: Tokenizer,
): ChatTemplate {
  const found = [
    { source: jinja, name: "chat_template.jinja" },
    { source: config?.["chat_template"], name: "chat_template of tokenizer_config.json" },
    { source: json?.["chat_template"], name: "chat_template.json" },
  ].find(({ source }) => namedTemplates(source) !== null);
  if (found === undefined) return plainTemplate;
  const names = Object.fromEntries(
    Object.entries(config ?? {}).flatMap(([key, value]) =>
      key.endsWith("_token") && tokenName(value) !== null ? [[key, tokenName(value)!]] : [],
    ),
  );
  const template = templateOf(namedTemplates(found.source)!, names, found.name);
  return { ...template, stopTokenIds: idsOfNames([names["eos_token"]], tokenizer) };
}

/**
 * The chat template in a GGUF file's metadata (`tokenizer.chat_template`, with tools `tokenizer.chat_template.tool_use`
 * where it is there), or the plain one.
 */
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
  const forTools = metadata.get("tokenizer.chat_template.tool_use");
  const templates = { default: source, ...(typeof forTools === "string" && { tool_use: forTools }) };
  return { ...templateOf(templates, names, "tokenizer.chat_template"), stopTokenIds: ends };
}

/** Each name's id, where it is one token. */
function idsOfNames(names: readonly (string | undefined)[], tokenizer: Tokenizer): number[] {
  return names.flatMap((name) => {
    const ids = name === undefined ? [] : tokenizer.encode(name, { specialTokens: "parse", addSpecialTokens: false });
    return ids.length === 1 ? ids : [];
  });
}

/** A text is the default template; of a list, those with a name. Null where there is no default one. */
function namedTemplates(value: unknown): NamedTemplates | null {
  if (typeof value === "string") return { default: value };
  if (!Array.isArray(value)) return null;
  const named = value.flatMap((each: unknown) =>
    isObject(each) && typeof each["name"] === "string" && typeof each["template"] === "string"
      ? [[each["name"], each["template"]] as const]
      : [],
  );
  const templates: NamedTemplates = Object.fromEntries(named);
  return templates["default"] === undefined ? null : templates;
}

function templateOf(templates: NamedTemplates, names: SpecialTokenNames, name: string): ChatTemplate {
  const plain = parsedOrRefusing(templates["default"], names, name);
  const source = templates["tool_use"];
  if (source === undefined) return plain;
  const forTools = parsedOrRefusing(source, names, `${name}, tool_use`);
  return {
    name,
    render: (messages, options = {}) => (hasTools(options.tools) ? forTools : plain).render(messages, options),
    outputParser: (options = {}) => (options.tools === true ? forTools : plain).outputParser(options),
    ...(forTools.forceCall !== undefined && {
      forceCall: (tools, prompt) => forTools.forceCall!(tools, prompt),
    }),
  };
}

function hasTools(tools: readonly ChatValue[] | undefined): boolean {
  return tools !== undefined && tools.length > 0;
}

/** A template that cannot be run spoils chats, not the model: it refuses what it is given. */
function parsedOrRefusing(source: string, names: SpecialTokenNames, name: string): ChatTemplate {
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
