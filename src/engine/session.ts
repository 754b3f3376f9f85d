import type { FinishReason, Request } from "../request.ts";
import type { SamplingParams } from "../sampling-params.ts";
import type { StepResult } from "../step.ts";
import { MAX_TOP_LOGPROBS } from "../config.ts";
import { IncrementalDetokenizer, type Tokenizer } from "../tokenizer.ts";
import type { StopStrings } from "./stop-strings.ts";
import { NO_USAGE, type TokenLogprobs, type TokenStream, type Usage } from "./token-stream.ts";

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
  readonly #seed: number;
  /** Tokens before which no stop string is looked for. */
  readonly #minTokens: number;
  #tokenCount = 0;
  #firstTokenAt: number | null = null;
  #ended = false;

  constructor(options: {
    choice: number;
    stream: TokenStream;
    tokenizer: Tokenizer | undefined;
    skipSpecialTokens?: boolean;
    stops: StopStrings;
    submittedAt: number;
    sampling?: Pick<SamplingParams, "seed" | "minTokens">;
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
    this.#seed = options.sampling?.seed ?? 0;
    this.#minTokens = options.sampling?.minTokens ?? 0;
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
    const text = this.#tokenCount++ < this.#minTokens ? piece : this.#stops.push(piece);
    this.stream.push(tokenId, text, logprobs, this.choice);
    return this.#isOver;
  }

  /**
   * The request has ended, for any reason; called once. A stop string that is complete with the last token that was
   * allowed is a stop.
   */
  end(reason: FinishReason, error: Error | null, now: number, request: Request | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    const rest = this.#isOver ? "" : this.#stops.push(this.#textOf(null));
    const text = rest + this.#stops.end();
    const ended = reason === "length" && this.#stops.found ? "stop" : reason;
    const end = {
      timing: {
        submittedAt: this.#submittedAt,
        admittedAt: request?.admittedAt ?? null,
        firstTokenAt: this.#firstTokenAt,
        finishedAt: now,
      },
      stop: ended === "stop" ? (this.#stops.stop ?? stopIdOf(request)) : null,
      usage: usageOf(this.stream, request),
      seed: this.#seed,
    };
    if (this.error !== null) this.stream.end(text, "error", this.error, { ...end, stop: null }, this.choice);
    else this.stream.end(text, ended, error, end, this.choice);
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

/** The id that ended the request: its last token, where that is one of its stop ids. */
function stopIdOf(request: Request | null): number | null {
  if (request === null || request.outputTokenCount === 0) return null;
  const last = request.tokens[request.tokenCount - 1];
  return request.stopTokenIds.includes(last) ? last : null;
}

/** Null where the engine itself ended: what the request had cost is then unknown. */
function usageOf({ promptTokenIds }: TokenStream, request: Request | null): Usage {
  const promptTokens = promptTokenIds.length;
  if (request === null) return { ...NO_USAGE, promptTokens };
  return {
    promptTokens,
    cachedTokens: request.cachedTokenCount,
    outputTokens: request.outputTokenCount,
    draftedTokens: request.draftedTokenCount,
    acceptedTokens: request.acceptedTokenCount,
  };
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** A sample's log probabilities out of the step's columns, `wanted` top ones; undefined where that is below 0. */
export function logprobsOf(wanted: number, result: StepResult, sample: number): TokenLogprobs | undefined {
  if (wanted < 0 || result.logprobs === undefined) return undefined;
  const top = Array.from({ length: wanted }, (_, i) => {
    const at = sample * MAX_TOP_LOGPROBS + i;
    return { tokenId: result.topIds![at], logprob: result.topLogprobs![at] };
  });
  return { logprob: result.logprobs[sample], top };
}
