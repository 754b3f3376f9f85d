import type { ResponseFormat } from "./response-format.ts";
import type { TextPart } from "./tokenizer.ts";

/** A JSON value, as messages and tools carry it into a template. */
export type ChatValue =
  | string
  | number
  | boolean
  | null
  | readonly ChatValue[]
  | { readonly [key: string]: ChatValue | undefined };

/** One turn of a conversation, with the names that chat templates read (OpenAI's API names). */
export interface ChatMessage {
  /** Such as "system", "user", "assistant" or "tool". */
  readonly role: string;
  /** Text, or parts such as `{ type: "text", text }`; null beside tool calls. */
  readonly content?: ChatValue;
  readonly [key: string]: ChatValue | undefined;
}

/** What a conversation is rendered with. */
export interface ChatRenderOptions {
  /**
   * Functions that the model may call, in the form `{ type: "function", function: { name, description, parameters } }`.
   */
  readonly tools?: readonly ChatValue[];
  /** Whether the beginning of an answer follows the last message. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Variables of the template, such as `enable_thinking` (`chat_template_kwargs` of vLLM). */
  readonly variables?: { readonly [name: string]: ChatValue };
  /**
   * What a control token's name inside a message or a tool is: "text" like any other, or "parse" for the token itself,
   * with which a user can forge turns. Default "text".
   */
  readonly contents?: "text" | "parse";
}

/** A conversation as one prompt. */
export interface ChatPrompt {
  readonly text: string;
  /** The text, cut where it changes between the template's words and a message's. Put together they are `text`. */
  readonly parts: readonly TextPart[];
  /**
   * Whether the tokenizer puts its begin-of-text id in front; a model's own template writes it itself. Default false.
   */
  readonly addSpecialTokens?: boolean;
}

/** A function that an answer may have to call. */
export interface ChatTool {
  readonly name: string;
  /** JSON schema of its arguments, an object; null for a function without any. */
  readonly parameters: { readonly [keyword: string]: unknown } | null;
}

/** How an answer is made a call. */
export interface ForcedCall {
  /** Follows the prompt: the marks that begin a call. Names of control tokens in it are the tokens. */
  readonly prefix: string;
  /** What the answer has to be behind the prefix. */
  readonly responseFormat: ResponseFormat;
}

/** A call that the model wants to have made. */
export interface ChatToolCall {
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** What became certain of an answer. */
export interface ChatDelta {
  /** Text for the user. */
  readonly content: string;
  /** Text that the model thought before its answer. */
  readonly reasoning: string;
  /** Calls that are complete. */
  readonly toolCalls: readonly ChatToolCall[];
}

/**
 * Takes an answer's text apart as it comes. Law: however the text is cut into pieces, all deltas put together are the
 * same, and what is neither a thought nor a well-formed call is content: nothing is lost.
 */
export interface ChatOutputParser {
  push(text: string): ChatDelta;
  /** The rest, once the answer has ended. */
  end(): ChatDelta;
}

/** A model's way to write conversations. `bstar/models` makes one from its files. */
export interface ChatTemplate {
  /** For people: where it is from, or "plain" for the substitute of a missing template. */
  readonly name: string;
  /** Texts that end an answer, beside the model's stop ids. Default none. */
  readonly stop?: readonly string[];
  /** Ids that end an answer, beside the ids that end every text of the model. Default none. */
  readonly stopTokenIds?: readonly number[];
  /**
   * The conversation as a prompt. Throws `InvalidRequestError` where the template refuses the messages, or changes a
   * text so that "text" cannot be kept.
   */
  render(messages: readonly ChatMessage[], options?: ChatRenderOptions): ChatPrompt;
  /**
   * How an answer to this prompt is made a call of one of the tools. Throws `InvalidRequestError` where nothing tells
   * how the model writes calls, or its way cannot be forced. Left out: no answer can be made a call.
   */
  forceCall?(tools: readonly ChatTool[], prompt: string): ForcedCall;
  /** For one answer of this model. Tool calls are looked for where tools were offered. */
  outputParser(options?: { readonly tools?: boolean; readonly prompt?: string }): ChatOutputParser;
}
