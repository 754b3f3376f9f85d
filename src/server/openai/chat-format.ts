import type { ChatDelta } from "../../chat.ts";
import type { TokenDelta } from "../../engine/token-stream.ts";
import type { FinishReason } from "../../request.ts";
import { AnswerText, type ChatFormatParts, thoughtTokens } from "./answer-text.ts";
import type { ApiError } from "./api-error.ts";
import type { ChatJob } from "./chat-body.ts";
import { type Answer, type AnswerFormat, type AnswerHead, type TokenCounts, usageOf } from "./job.ts";
import { chatLogprobs } from "./logprobs.ts";
import { CompletionEvents } from "./sse.ts";

/** The objects `chat.completion` and `chat.completion.chunk`. */
export class ChatFormat implements AnswerFormat {
  readonly #head: AnswerHead;
  readonly #job: ChatJob;
  readonly #parts: ChatFormatParts;
  /** Of a stream, by index. */
  readonly #choices: AnswerText[];
  readonly #events: CompletionEvents;

  constructor(head: AnswerHead, job: ChatJob, parts: ChatFormatParts) {
    this.#head = head;
    this.#job = job;
    this.#parts = parts;
    const { n = 1 } = job.request;
    this.#choices = job.stream ? Array.from({ length: n }, () => new AnswerText(parts.newParser())) : [];
    this.#events = new CompletionEvents(this.#fields("chat.completion.chunk"), job.includeUsage);
  }

  begin(): string {
    const ids = this.#job.returnTokenIds ? { prompt_token_ids: this.#head.promptTokenIds[0] } : {};
    return this.#choices
      .map((_, index) => this.#events.chunk({ index, delta: { role: "assistant", content: "" }, ...NOTHING, ...ids }))
      .join("");
  }

  delta(index: number, { text, tokenIds, logprobs, finishReason }: TokenDelta): string {
    const choice = this.#choices[index];
    const parsed = choice.parse(text, finishReason !== null);
    const scores = logprobs === undefined ? null : chatLogprobs(tokenIds, logprobs, this.#parts.tokenizer);
    const extra = this.#job.returnTokenIds ? { token_ids: tokenIds } : {};
    let events = "";
    if (parsed.reasoning !== "") {
      events += this.#events.chunk({ index, delta: { reasoning_content: parsed.reasoning }, ...NOTHING });
    }
    if (parsed.content !== "" || scores !== null || this.#job.returnTokenIds) {
      const delta = { content: parsed.content };
      events += this.#events.chunk({ index, delta, logprobs: scores, finish_reason: null, ...extra });
    }
    for (const [position, call] of parsed.toolCalls.entries()) {
      const at = choice.callCount - parsed.toolCalls.length + position;
      events += this.#call(index, at, call);
    }
    if (finishReason === null) return events;
    const reason = finishReasonOf(finishReason, choice.callCount > 0);
    return events + this.#events.chunk({ index, delta: {}, logprobs: null, finish_reason: reason });
  }

  end(answers: readonly Answer[], counts: TokenCounts): string {
    return this.#events.end(() => this.#usage(answers, counts));
  }

  fail(error: ApiError): string {
    return this.#events.fail(error);
  }

  whole(answers: readonly Answer[], counts: TokenCounts): object {
    const choices = answers.map((answer, index) => this.#wholeChoice(answer, index));
    const ids = this.#job.returnTokenIds ? { prompt_token_ids: this.#head.promptTokenIds[0] } : {};
    return { ...this.#fields("chat.completion"), ...ids, choices, usage: this.#usage(answers, counts) };
  }

  #wholeChoice({ text, tokenIds, logprobs, finishReason }: Answer, index: number): object {
    const { content, reasoning, toolCalls } = new AnswerText(this.#parts.newParser()).parse(text, true);
    const calls = toolCalls.map((call) => ({ id: `call_${this.#parts.newId()}`, type: "function", function: call }));
    const message = {
      role: "assistant",
      content: content === "" && calls.length > 0 ? null : content,
      refusal: null,
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
    return {
      index,
      message,
      logprobs: logprobs === undefined ? null : chatLogprobs(tokenIds, logprobs, this.#parts.tokenizer),
      finish_reason: finishReasonOf(finishReason, calls.length > 0),
      ...(this.#job.returnTokenIds && { token_ids: tokenIds }),
    };
  }

  #usage(answers: readonly Answer[], counts: TokenCounts): object {
    const reasoning = thoughtTokens(answers, this.#parts);
    return { ...usageOf(counts), completion_tokens_details: { reasoning_tokens: reasoning } };
  }

  /** A call in two deltas, as OpenAI's clients put them together: its name, then its arguments. */
  #call(index: number, at: number, { name, arguments: args }: ChatDelta["toolCalls"][number]): string {
    const id = `call_${this.#parts.newId()}`;
    const named = { index: at, id, type: "function", function: { name, arguments: "" } };
    const rest = { index: at, function: { arguments: args } };
    return [named, rest]
      .map((call) => this.#events.chunk({ index, delta: { tool_calls: [call] }, ...NOTHING }))
      .join("");
  }

  #fields(object: string) {
    const { id, created, model, seed } = this.#head;
    return { id, object, created, model, seed };
  }
}

const NOTHING = { logprobs: null, finish_reason: null };

function finishReasonOf(reason: FinishReason, hasCalls: boolean): "stop" | "length" | "tool_calls" {
  if (reason === "length") return "length";
  return hasCalls ? "tool_calls" : "stop";
}
