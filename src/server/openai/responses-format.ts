import type { ChatToolCall } from "../../chat.ts";
import type { TokenDelta } from "../../engine/token-stream.ts";
import type { FinishReason } from "../../request.ts";
import type { ApiError } from "./api-error.ts";
import { AnswerText, type ChatFormatParts, thoughtTokens } from "./answer-text.ts";
import type { Answer, AnswerFormat, AnswerHead, TokenCounts } from "./job.ts";
import { chatLogprobs } from "./logprobs.ts";
import { type OutputItem, TextItem } from "./responses-items.ts";
import type { ResponsesJob } from "./responses-body.ts";

/** The object `response`, and its events: each has a number, and none is left out. */
export class ResponsesFormat implements AnswerFormat {
  readonly #head: AnswerHead;
  readonly #job: ResponsesJob;
  readonly #parts: ChatFormatParts;
  readonly #text: AnswerText;
  /** Those that are done. */
  readonly #output: OutputItem[] = [];
  #open: TextItem | null = null;
  #finishReason: FinishReason | null = null;
  #sequence = 0;

  constructor(head: AnswerHead, job: ResponsesJob, parts: ChatFormatParts) {
    this.#head = head;
    this.#job = job;
    this.#parts = parts;
    this.#text = new AnswerText(parts.newParser());
  }

  begin(): string {
    const response = this.#response("in_progress", null);
    return this.#event("response.created", { response }) + this.#event("response.in_progress", { response });
  }

  delta(_index: number, { text, tokenIds, logprobs, finishReason }: TokenDelta): string {
    this.#finishReason = finishReason;
    const { reasoning, content, toolCalls } = this.#text.parse(text, finishReason !== null);
    const scores = logprobs === undefined ? [] : chatLogprobs(tokenIds, logprobs, this.#parts.tokenizer).content;
    let events = "";
    if (reasoning !== "") events += this.#say("reasoning", reasoning, []);
    if (content !== "" || scores.length > 0) events += this.#say("message", content, scores);
    for (const call of toolCalls) events += this.#call(call);
    return events;
  }

  end(answers: readonly Answer[], counts: TokenCounts): string {
    // An answer has something, if only an empty text.
    const nothing = this.#open === null && this.#output.length === 0 ? this.#say("message", "", []) : "";
    const closed = nothing + this.#close();
    const [status, type] = this.#isCut
      ? (["incomplete", "response.incomplete"] as const)
      : (["completed", "response.completed"] as const);
    return closed + this.#event(type, { response: this.#response(status, this.#usage(answers, counts)) });
  }

  fail({ code, message, param }: ApiError): string {
    const response = { ...this.#response("failed", null), error: { code, message } };
    return this.#event("error", { code, message, param }) + this.#event("response.failed", { response });
  }

  whole(answers: readonly Answer[], counts: TokenCounts): object {
    const [{ text, tokenIds, logprobs, finishReason }] = answers;
    const delta = { choice: 0, text, tokenIds: [...tokenIds], finishReason, error: null };
    this.delta(0, { ...delta, ...(logprobs !== undefined && { logprobs: [...logprobs] }) });
    this.end(answers, counts);
    return this.#response(this.#isCut ? "incomplete" : "completed", this.#usage(answers, counts));
  }

  get #isCut(): boolean {
    return this.#finishReason === "length";
  }

  /** Adds to the open item, which it opens where another kind is open. */
  #say(kind: TextItem["kind"], text: string, logprobs: readonly object[]): string {
    let events = "";
    if (this.#open?.kind !== kind) {
      events += this.#close();
      this.#open = new TextItem(kind, this.#parts.newId());
      const at = { output_index: this.#output.length };
      events += this.#event("response.output_item.added", { ...at, item: this.#open.added() });
      events += this.#event("response.content_part.added", { ...this.#place(), part: this.#open.part("") });
    }
    const item = this.#open;
    if (text === "" && logprobs.length === 0) return events;
    item.add(text, logprobs);
    const scores = kind === "message" ? { logprobs } : {};
    return events + this.#event(`response.${item.textName}.delta`, { ...this.#place(), delta: text, ...scores });
  }

  #close(): string {
    const item = this.#open;
    if (item === null) return "";
    const place = this.#place();
    const scores = item.kind === "message" ? { logprobs: item.logprobs } : {};
    const done = item.done(this.#isCut ? "incomplete" : "completed");
    const events =
      this.#event(`response.${item.textName}.done`, { ...place, text: item.text, ...scores }) +
      this.#event("response.content_part.done", { ...place, part: item.part(item.text) }) +
      this.#event("response.output_item.done", { output_index: place.output_index, item: done });
    this.#output.push(done);
    this.#open = null;
    return events;
  }

  #call({ name, arguments: args }: ChatToolCall): string {
    const closed = this.#close();
    const [id, callId] = [`fc_${this.#parts.newId()}`, `call_${this.#parts.newId()}`];
    const place = { item_id: id, output_index: this.#output.length };
    const item = { type: "function_call", id, call_id: callId, name } as const;
    const done: OutputItem = { ...item, arguments: args, status: "completed" };
    const at = { output_index: this.#output.length };
    this.#output.push(done);
    return (
      closed +
      this.#event("response.output_item.added", { ...at, item: { ...item, arguments: "", status: "in_progress" } }) +
      this.#event("response.function_call_arguments.delta", { ...place, delta: args }) +
      this.#event("response.function_call_arguments.done", { ...place, name, arguments: args }) +
      this.#event("response.output_item.done", { ...at, item: done })
    );
  }

  #usage(answers: readonly Answer[], { promptTokens, cachedTokens, outputTokens }: TokenCounts): object {
    return {
      input_tokens: promptTokens,
      input_tokens_details: { cached_tokens: cachedTokens },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: thoughtTokens(answers, this.#parts) },
      total_tokens: promptTokens + outputTokens,
    };
  }

  #place() {
    return { item_id: this.#open!.id, output_index: this.#output.length, content_index: 0 };
  }

  #event(type: string, fields: object): string {
    const json = JSON.stringify({ type, sequence_number: this.#sequence++, ...fields });
    return `event: ${type}\ndata: ${json}\n\n`;
  }

  #response(status: "in_progress" | "completed" | "incomplete" | "failed", usage: object | null): object {
    const { id, created, model, seed } = this.#head;
    const { body } = this.#job;
    return {
      id,
      object: "response",
      created_at: created,
      status,
      background: false,
      error: null,
      incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      metadata: body.metadata ?? {},
      model,
      output: [...this.#output],
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
      seed,
      store: false,
      temperature: body.temperature ?? 1,
      text: { format: body.text?.format ?? { type: "text" } },
      tool_choice: body.tool_choice ?? "auto",
      tools: body.tools ?? [],
      top_p: body.top_p ?? 1,
      truncation: "disabled",
      usage,
      user: body.user ?? null,
    };
  }
}
