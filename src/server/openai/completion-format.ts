import type { PromptLogprobs, TokenDelta } from "../../engine/token-stream.ts";
import type { FinishReason } from "../../request.ts";
import type { ApiError } from "./api-error.ts";
import type { CompletionJob } from "./completion-body.ts";
import { type Answer, type AnswerFormat, type AnswerHead, type TokenCounts, usageOf } from "./job.ts";
import { completionLogprobs, type TokenNames, tokenText } from "./logprobs.ts";
import { CompletionEvents } from "./sse.ts";

/** The object `text_completion`, whole and in pieces. */
export class CompletionFormat implements AnswerFormat {
  readonly #head: AnswerHead;
  readonly #job: CompletionJob;
  readonly #tokenizer: TokenNames;
  /** By prompt, where they are echoed. */
  readonly #echoes: readonly string[];
  readonly #events: CompletionEvents;
  /** By index: UTF-16 units of token texts so far. */
  readonly #offsets: number[] = [];

  constructor(
    head: AnswerHead,
    job: CompletionJob,
    { tokenizer, echoes }: { tokenizer: TokenNames; echoes: readonly string[] },
  ) {
    this.#head = head;
    this.#job = job;
    this.#tokenizer = tokenizer;
    this.#echoes = echoes;
    this.#events = new CompletionEvents(this.#fields(), job.includeUsage);
  }

  /** The prompts, where they are echoed. */
  begin(): string {
    const { n = 1 } = this.#job.request;
    const { promptTokenIds } = this.#head;
    if (!this.#job.echo && !this.#job.returnTokenIds) return "";
    return promptTokenIds
      .flatMap((ids, prompt) =>
        Array.from({ length: n }, (_, choice) =>
          this.#events.chunk({
            index: prompt * n + choice,
            text: this.#echoes[prompt] ?? "",
            logprobs: null,
            finish_reason: null,
            ...(this.#job.returnTokenIds && { prompt_token_ids: ids, token_ids: [] }),
          }),
        ),
      )
      .join("");
  }

  delta(index: number, delta: TokenDelta): string {
    const { promptLogprobs } = delta;
    return (promptLogprobs === undefined ? "" : this.#promptScores(index, promptLogprobs)) + this.#piece(index, delta);
  }

  /** Of an echoed prompt, for each of its choices: they come with the first token of one of them. */
  #promptScores(index: number, scores: PromptLogprobs): string {
    const { n = 1 } = this.#job.request;
    const prompt = Math.floor(index / n);
    const ids = this.#head.promptTokenIds[prompt];
    const logprobs = completionLogprobs(ids, scores, { tokenizer: this.#tokenizer, offset: 0 });
    const length = logprobs.tokens.reduce((sum, token) => sum + token.length, 0);
    const choices = Array.from({ length: n }, (_, choice) => prompt * n + choice);
    for (const choice of choices) this.#offsets[choice] = length;
    return choices
      .map((choice) => this.#events.chunk({ index: choice, text: "", logprobs, finish_reason: null }))
      .join("");
  }

  #piece(index: number, { text, tokenIds, logprobs, finishReason }: TokenDelta): string {
    // A piece of a character is no text yet, and its token may be all that a delta has.
    if (text === "" && finishReason === null && logprobs === undefined && !this.#job.returnTokenIds) return "";
    const offset = this.#offsets[index] ?? 0;
    if (logprobs !== undefined) {
      this.#offsets[index] = offset + tokenIds.reduce((sum, id) => sum + tokenText(this.#tokenizer, id).length, 0);
    }
    return this.#events.chunk({
      index,
      text,
      logprobs:
        logprobs === undefined ? null : completionLogprobs(tokenIds, logprobs, { tokenizer: this.#tokenizer, offset }),
      finish_reason: finishReasonOf(finishReason),
      ...(this.#job.returnTokenIds && { token_ids: tokenIds }),
    });
  }

  end(_answers: readonly Answer[], counts: TokenCounts): string {
    return this.#events.end(() => usageOf(counts));
  }

  fail(error: ApiError): string {
    return this.#events.fail(error);
  }

  whole(answers: readonly Answer[], counts: TokenCounts): object {
    const { n = 1 } = this.#job.request;
    const choices = answers.map(({ text, tokenIds, logprobs, promptLogprobs = [], finishReason }, index) => ({
      index,
      text: (this.#echoes[Math.floor(index / n)] ?? "") + text,
      logprobs:
        logprobs === undefined
          ? null
          : completionLogprobs(
              [...(promptLogprobs.length > 0 ? this.#head.promptTokenIds[Math.floor(index / n)] : []), ...tokenIds],
              [...promptLogprobs, ...logprobs],
              { tokenizer: this.#tokenizer, offset: 0 },
            ),
      finish_reason: finishReasonOf(finishReason),
      ...(this.#job.returnTokenIds && {
        prompt_token_ids: this.#head.promptTokenIds[Math.floor(index / n)],
        token_ids: tokenIds,
      }),
    }));
    return { ...this.#fields(), choices, usage: usageOf(counts) };
  }

  #fields() {
    const { id, created, model, seed } = this.#head;
    return { id, object: "text_completion", created, model, seed };
  }
}

/** OpenAI knows no other reason of a completion; what was aborted has no reader. */
function finishReasonOf(reason: FinishReason | null): "stop" | "length" | null {
  if (reason === null) return null;
  return reason === "length" ? "length" : "stop";
}
