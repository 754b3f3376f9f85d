import type { ChatPrompt, ChatTool, ForcedCall } from "../chat.ts";
import { ApiError } from "./openai/api-error.ts";
import type { JobPrompt } from "./openai/job.ts";
import type { ServedModel } from "./options.ts";

/** A prompt as the engine takes it. */
export interface EncodedPrompt {
  readonly tokenIds: readonly number[];
  /** What the chat template wrote; the text of a prompt that is text; null where it came as ids. */
  readonly text: string | null;
  /** Where the answer has to be a call: what makes it one, and is in `tokenIds` already. */
  readonly forced: ForcedCall | null;
}

/**
 * The ids of a prompt. A tokenizer of `bstar/models` encodes a long text in turns, so that other requests are answered
 * meanwhile. Throws `ApiError`, before anything is encoded where the text is too long whatever its ids are, and what
 * the chat template throws.
 */
export async function encodePrompt(prompt: JobPrompt, model: ServedModel, signal: AbortSignal): Promise<EncodedPrompt> {
  if (prompt.kind === "ids") return { tokenIds: checkedIds(prompt.tokenIds, model), text: null, forced: null };
  if (prompt.kind === "chat") {
    const rendered = model.chat.render(prompt.messages, prompt.options);
    const forced = prompt.forced === null ? null : forcedCallOf(prompt.forced, rendered.text, model);
    return { tokenIds: await encodeChat(continued(rendered, forced), model, signal), text: rendered.text, forced };
  }
  const { tokenizer } = model;
  assertFits(prompt.text, model);
  const tokenIds = await (tokenizer.encodeAsync?.(prompt.text, { signal }) ?? tokenizer.encode(prompt.text));
  return { tokenIds: checkedLength(tokenIds, model), text: prompt.text, forced: null };
}

function forcedCallOf(tools: readonly ChatTool[], prompt: string, { chat }: ServedModel): ForcedCall {
  if (chat.forceCall !== undefined) return chat.forceCall(tools, prompt);
  throw new ApiError(400, "this model's chat template forces no calls", { param: "tool_choice" });
}

function continued(prompt: ChatPrompt, forced: ForcedCall | null): ChatPrompt {
  if (forced === null || forced.prefix === "") return prompt;
  const { prefix } = forced;
  const parts = [...prompt.parts, { text: prefix, specialTokens: "parse" as const }];
  return { ...prompt, text: prompt.text + prefix, parts };
}

async function encodeChat(rendered: ChatPrompt, model: ServedModel, signal: AbortSignal): Promise<readonly number[]> {
  const { tokenizer } = model;
  const { parts, addSpecialTokens = false } = rendered;
  assertFits(rendered.text, model);
  if (tokenizer.encodePartsAsync !== undefined) {
    return checkedLength(await tokenizer.encodePartsAsync(parts, { addSpecialTokens, signal }), model);
  }
  if (tokenizer.encodeParts === undefined) throw new ApiError(400, "this model's tokenizer takes no conversations");
  return checkedLength(tokenizer.encodeParts(parts, { addSpecialTokens }), model);
}

function assertFits(text: string, { tokenizer, contextLength }: ServedModel): void {
  const least = tokenizer.leastTokenCount?.(text) ?? 0;
  if (least >= contextLength) throw tooLong(`at least ${least}`, contextLength);
}

/** An answer needs room for one token. */
function checkedLength(tokenIds: readonly number[], { contextLength }: ServedModel): readonly number[] {
  if (tokenIds.length === 0) throw new ApiError(400, "the prompt has no tokens", { code: "invalid_value" });
  if (tokenIds.length >= contextLength) throw tooLong(String(tokenIds.length), contextLength);
  return tokenIds;
}

function checkedIds(tokenIds: readonly number[], model: ServedModel): readonly number[] {
  const { vocabSize } = model.tokenizer;
  const bad = tokenIds.findIndex((id) => id >= vocabSize);
  if (bad >= 0) {
    const message = `prompt[${bad}] is ${tokenIds[bad]}, the vocabulary has ${vocabSize} ids`;
    throw new ApiError(400, message, { param: "prompt", code: "invalid_value" });
  }
  return checkedLength(tokenIds, model);
}

function tooLong(tokens: string, contextLength: number): ApiError {
  const message = `the prompt has ${tokens} tokens, and the context of ${contextLength} needs room for an answer`;
  return new ApiError(400, message, { code: "context_length_exceeded" });
}
