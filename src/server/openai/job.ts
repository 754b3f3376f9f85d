import type { ChatMessage, ChatRenderOptions, ChatTool } from "../../chat.ts";
import type { EngineRequest } from "../../engine/options.ts";
import type { PromptLogprobs, TokenDelta, TokenLogprobs } from "../../engine/token-stream.ts";
import type { FinishReason } from "../../request.ts";
import type { ApiError } from "./api-error.ts";

/** A prompt as a body has it. */
export type JobPrompt =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "ids"; readonly tokenIds: readonly number[] }
  | ChatJobPrompt;

/** A conversation. */
export interface ChatJobPrompt {
  readonly kind: "chat";
  readonly messages: readonly ChatMessage[];
  readonly options: ChatRenderOptions;
  /** Tools of which the answer has to call one; null where the model decides. */
  readonly forced: readonly ChatTool[] | null;
}

/** What a body says of its requests to the engine; prompts, lengths and signals come from elsewhere. */
export type JobRequest = Omit<
  EngineRequest,
  "id" | "prompt" | "promptTokenIds" | "messages" | "chat" | "maxTokens" | "signal"
>;

/** What a body asks for, whatever its route. */
export interface Job {
  readonly operation: "chat" | "text_completion";
  /** The model that the body names, or null. */
  readonly model: string | null;
  readonly prompts: readonly JobPrompt[];
  /** Null where the body leaves it to the context length. */
  readonly maxTokens: number | null;
  /** Fields of the engine's request; `n` is of each prompt. */
  readonly request: JobRequest;
  readonly stream: boolean;
  /** The id that the body gives its request, or null. */
  readonly requestId: string | null;
}

/** What a format says about every answer, beside the answer itself. */
export interface AnswerHead {
  /** Such as `chatcmpl-…`. */
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** The model's name. */
  readonly model: string;
  readonly seed: number;
  /** Ids of each prompt. */
  readonly promptTokenIds: readonly (readonly number[])[];
}

/** One finished answer. */
export interface Answer {
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly logprobs?: readonly TokenLogprobs[];
  /** Of its prompt, where they were asked for. */
  readonly promptLogprobs?: PromptLogprobs;
  readonly finishReason: FinishReason;
}

/** Tokens of all prompts and answers of a request. */
export interface TokenCounts {
  readonly promptTokens: number;
  /** Prompt tokens that came from the prefix cache. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/**
 * How a route writes its answers. A stream is `begin`, then any number of `delta`, then `end` or `fail`; each returns
 * whole server-sent events, or nothing. `index` is `prompt * n + choice`.
 */
export interface AnswerFormat {
  begin(): string;
  delta(index: number, delta: TokenDelta): string;
  /** `answers` by index. */
  end(answers: readonly Answer[], counts: TokenCounts): string;
  fail(error: ApiError): string;
  /** The body of an answer that is not streamed. */
  whole(answers: readonly Answer[], counts: TokenCounts): object;
}

/** OpenAI's `usage`. */
export function usageOf({ promptTokens, cachedTokens, outputTokens }: TokenCounts) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
