import type { FinishReason, Request } from "../request.ts";
import type { StepResult } from "../step.ts";
import { MAX_TOP_LOGPROBS } from "../config.ts";
import { IncrementalDetokenizer, type Tokenizer } from "../tokenizer.ts";
import type { StopStrings } from "./stop-strings.ts";
import type { TokenLogprobs, TokenStream } from "./token-stream.ts";

/** One request, or one choice of it, between the scheduler, which gives ids, and its stream, which takes text. */
export class Session {
  readonly choice: number;
  readonly stream: TokenStream;
  /** What the caller's tokenizer threw. */
  error: Error | null = null;
  readonly #detokenizer: IncrementalDetokenizer | null;
  readonly #stops: StopStrings;
  readonly #onEnd: () => void;
  readonly #submittedAt: number;
  #firstTokenAt: number | null = null;
  #ended = false;

  constructor(options: {
    choice: number;
    stream: TokenStream;
    tokenizer: Tokenizer | undefined;
    skipSpecialTokens?: boolean;
    stops: StopStrings;
    submittedAt: number;
    onEnd: () => void;
  }) {
    const { choice, stream, tokenizer, skipSpecialTokens } = options;
    this.choice = choice;
    this.stream = stream;
    this.#detokenizer =
      tokenizer === undefined
        ? null
        : new IncrementalDetokenizer(tokenizer, stream.promptTokenIds, { skipSpecialTokens });
    this.#stops = options.stops;
    this.#submittedAt = options.submittedAt;
    this.#onEnd = options.onEnd;
  }

  /**
   * Takes a token in; `ending` where it is a stop id, which is no text. Returns whether the text is over, by a stop
   * string or an error: what its step gave beyond is nothing.
   */
  accept(tokenId: number, now: number, ending: boolean, logprobs: TokenLogprobs | undefined): boolean {
    if (this.#isOver) return true;
    this.#firstTokenAt ??= now;
    const piece = ending ? "" : this.#textOf(tokenId);
    this.stream.push(tokenId, this.#stops.push(piece), logprobs, this.choice);
    return this.#isOver;
  }

  /**
   * The request is over, whoever ended it; once. A stop string that is complete with the last token that was allowed is
   * a stop.
   */
  end(reason: FinishReason, error: Error | null, now: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const rest = this.#isOver ? "" : this.#stops.push(this.#textOf(null));
    const text = rest + this.#stops.end();
    const timing = { submittedAt: this.#submittedAt, firstTokenAt: this.#firstTokenAt, finishedAt: now };
    if (this.error !== null) this.stream.end(text, "error", this.error, timing, this.choice);
    else this.stream.end(text, reason === "length" && this.#stops.found ? "stop" : reason, error, timing, this.choice);
    this.#onEnd();
  }

  get #isOver(): boolean {
    return this.#stops.found || this.error !== null;
  }

  /** Of one more token; null for what was held back after the last. */
  #textOf(tokenId: number | null): string {
    if (this.#detokenizer === null) return "";
    try {
      return tokenId === null ? this.#detokenizer.end() : this.#detokenizer.push(tokenId);
    } catch (error) {
      this.error = asError(error);
      return "";
    }
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** A sample's log probabilities out of the step's columns; undefined where none were asked for. */
export function logprobsOf(request: Request, result: StepResult, sample: number): TokenLogprobs | undefined {
  const wanted = request.sampling.logprobs;
  if (wanted < 0 || result.logprobs === undefined) return undefined;
  const top = Array.from({ length: wanted }, (_, i) => {
    const at = sample * MAX_TOP_LOGPROBS + i;
    return { tokenId: result.topIds![at], logprob: result.topLogprobs![at] };
  });
  return { logprob: result.logprobs[sample], top };
}
