import type { ChatMessage, ChatPrompt, ChatRenderOptions, ChatTemplate } from "../../chat.ts";
import { InvalidRequestError, UnsupportedModelError } from "../../errors.ts";
import { excerpt, isObject } from "../../json.ts";
import { hasParts, joinParts, takesParts } from "./content-parts.ts";
import { JinjaTemplate } from "./jinja.ts";
import { markContents, partsOf } from "./marked-contents.ts";
import { forcedCallFor } from "./forced-call.ts";
import { outputParserFor } from "./output-parser.ts";

/** What templates are told beside the messages: the names of tokens. */
export type SpecialTokenNames = Readonly<Record<string, string>>;

/**
 * A chat template in Jinja, as tokenizer_config.json, chat_template.jinja and GGUF files have it. Throws
 * `UnsupportedModelError` if it cannot be parsed.
 *
 * Messages are text unless asked otherwise: the template is rendered twice, once with a marker in the place of each
 * text, so that it shows which words are the template's. A template that changes a text by more than trimming or
 * writing it as JSON is refused, as its words and the message's can then not be told apart. Contents in text parts are
 * joined for a template that reads texts alone.
 */
export function parseChatTemplate(
  source: string,
  tokens: SpecialTokenNames = {},
  name = "chat_template",
): ChatTemplate {
  const template = parse(source, name);
  const readsParts = once(() => takesParts((messages) => template.render({ ...tokens, messages })));
  return {
    name,
    render: (given, options = {}) => {
      assertMessages(given);
      const messages = hasParts(given) && !readsParts() ? joinParts(given) : given;
      return render(template, { messages, options, tokens, name });
    },
    forceCall: (tools, prompt) => forcedCallFor(source, tools, prompt),
    outputParser: ({ tools = false, prompt = "" } = {}) => outputParserFor(source, { tools, prompt }),
  };
}

function once(ask: () => boolean): () => boolean {
  let answer: boolean | null = null;
  return () => (answer ??= ask());
}

function parse(source: string, name: string): JinjaTemplate {
  try {
    return new JinjaTemplate(source);
  } catch (cause) {
    throw new UnsupportedModelError(`${name} is not a template that can be run (${(cause as Error).message})`);
  }
}

/** Throws `InvalidRequestError` for what is no conversation. */
export function assertMessages(messages: unknown): void {
  const list = Array.isArray(messages) ? (messages as unknown[]) : [];
  if (list.length === 0) throw new InvalidRequestError("messages must be a list of at least one message");
  const bad = list.findIndex((message) => !isObject(message) || typeof message["role"] !== "string");
  if (bad >= 0) {
    throw new InvalidRequestError(`messages[${bad}] must be an object with a role, got ${excerpt(list[bad])}`);
  }
}

interface Rendering {
  readonly messages: readonly ChatMessage[];
  readonly options: ChatRenderOptions;
  readonly tokens: SpecialTokenNames;
  readonly name: string;
}

function render(template: JinjaTemplate, { messages, options, tokens, name }: Rendering): ChatPrompt {
  const { tools, addGenerationPrompt = true, variables = {}, contents = "text" } = options;
  const inputs = { messages, tools };
  const run = ({ messages: shown, tools: offered }: typeof inputs): string =>
    template.render({
      ...tokens,
      ...variables,
      messages: shown,
      ...(offered === undefined ? {} : { tools: offered }),
      add_generation_prompt: addGenerationPrompt,
    });
  try {
    const text = run(inputs);
    if (contents === "parse") return { text, parts: [{ text, specialTokens: "parse" }] };
    const marked = markContents(inputs, template.source);
    const parts = partsOf(text, run(marked.inputs), marked);
    if (parts !== null) return { text, parts };
  } catch (error) {
    throw new InvalidRequestError(`${name}: ${(error as Error).message}`);
  }
  throw new InvalidRequestError(
    `${name} changes a message by more than trimming it, so its words cannot be kept apart from the ` +
      `template's; contents: "parse" renders it as it is`,
  );
}
