import { InfeasibleRequestError, InvalidRequestError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { EngineOptions, EngineRequest } from "./options.ts";
import { StopStrings } from "./stop-strings.ts";

type GivenPrompt = Pick<EngineRequest, "prompt" | "promptTokenIds" | "messages" | "chat">;

/**
 * The ids of a request's prompt. Throws `InvalidRequestError`, and `InfeasibleRequestError` for a text that is too long
 * whatever its ids are, before it is encoded; the scheduler checks further.
 */
export function promptTokenIdsOf(input: GivenPrompt, options: EngineOptions): ArrayLike<number> {
  const ids = idsOf(input, options);
  const { vocabSize } = options.backend.info;
  for (let i = 0; i < (ids?.length ?? 0); i++) {
    if (ids[i] >= vocabSize) {
      throw new InvalidRequestError(`promptTokenIds[${i}] is ${ids[i]}, the vocabulary has ${vocabSize} ids`);
    }
  }
  return ids;
}

function idsOf({ prompt, promptTokenIds, messages, chat }: GivenPrompt, options: EngineOptions): ArrayLike<number> {
  const given = [prompt, promptTokenIds, messages].filter((each) => each !== undefined).length;
  if (given !== 1) throw new InvalidRequestError("exactly one of prompt, promptTokenIds and messages is needed");
  if (chat !== undefined && messages === undefined) throw new InvalidRequestError("chat is for messages");
  if (promptTokenIds !== undefined) return promptTokenIds;
  if (messages !== undefined) return encodeMessages(messages, chat, options);
  if (typeof prompt !== "string") throw new InvalidRequestError(`prompt must be text, got ${String(prompt)}`);
  const tokenizer = tokenizerOf("a text prompt", options);
  assertFits(prompt, tokenizer, options);
  return tokenizer.encode(prompt);
}

function encodeMessages(
  messages: NonNullable<GivenPrompt["messages"]>,
  chat: GivenPrompt["chat"],
  options: EngineOptions,
): number[] {
  if (options.chat === undefined) throw new InvalidRequestError("messages need an engine with a chat template");
  const tokenizer = tokenizerOf("messages", options);
  if (tokenizer.encodeParts === undefined) {
    throw new InvalidRequestError("messages need a tokenizer that has encodeParts");
  }
  const { text, parts, addSpecialTokens = false } = options.chat.render(messages, chat);
  assertFits(text, tokenizer, options);
  return tokenizer.encodeParts(parts, { addSpecialTokens });
}

/** The engine's tokenizer. Throws `InvalidRequestError` that says what needs one. */
export function tokenizerOf(what: string, { tokenizer }: EngineOptions): Tokenizer {
  if (tokenizer === undefined) {
    throw new InvalidRequestError(`${what} need${what.startsWith("a ") ? "s" : ""} an engine with a tokenizer`);
  }
  return tokenizer;
}

function assertFits(
  text: string,
  tokenizer: Tokenizer,
  { backend, contextLength = backend.info.contextLength }: EngineOptions,
): void {
  const least = tokenizer.leastTokenCount?.(text) ?? 0;
  if (least > contextLength) {
    throw new InfeasibleRequestError(
      `the prompt has ${text.length} characters, at least ${least} tokens; the context length is ${contextLength}`,
    );
  }
}

/**
 * Texts that end the request: its own, and for messages also the chat template's. They need a tokenizer. Throws
 * `InvalidRequestError`.
 */
export function stopsOf(
  { stop, messages }: EngineRequest,
  { tokenizer, chat }: EngineOptions,
): readonly string[] | undefined {
  const stops = messages === undefined ? stop : [...(stop ?? []), ...(chat?.stop ?? [])];
  void new StopStrings(stops);
  if (stops?.length && tokenizer === undefined) {
    throw new InvalidRequestError("stop strings need an engine with a tokenizer");
  }
  return stops;
}

/**
 * Ids that end the request: the engine's and, behind messages, the chat template's, unless it goes on past them, and
 * its own.
 */
export function stopTokenIdsOf(
  { stopTokenIds = [], ignoreStopTokenIds = false, messages }: EngineRequest,
  { stopTokenIds: always = [], chat }: EngineOptions,
): readonly number[] {
  if (ignoreStopTokenIds) return stopTokenIds;
  const turnEnds = messages === undefined ? [] : (chat?.stopTokenIds ?? []);
  return [...new Set([...always, ...turnEnds, ...stopTokenIds])];
}
