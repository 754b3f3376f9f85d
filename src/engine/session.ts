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
  readonly #detokenizer: IncrementalDetokenizer | null;
  readonly #stops: StopStrings;
  readonly #onEnd: () => void;
  readonly #submittedAt: number;
  #firstTokenAt: number | null = null;
  #ended = false;

  constructor(options: { choice: number; stream: TokenStream; tokenizer: Tokenizer | undefined; stops: StopStrings; submittedAt: number; onEnd: () => void }) {
    const { choice, stream, tokenizer } = options;
    this.choice = choice;
    this.stream = stream;
    this.#detokenizer = tokenizer === undefined ? null : new IncrementalDetokenizer(tokenizer, stream.promptTokenIds);
    this.#stops = options.stops;
    this.#submittedAt = options.submittedAt;
    this.#onEnd = options.onEnd;
  }

  /** Takes a token in; `ending` where it is a stop id, which is no text. Returns whether a stop string was completed: what its step gave beyond is nothing. */
  accept(tokenId: number, now: number, ending: boolean, logprobs: TokenLogprobs | undefined): boolean {
    if (this.#stops.found) return true;
    this.#firstTokenAt ??= now;
    const piece = ending || this.#detokenizer === null ? "" : this.#detokenizer.push(tokenId);
    this.stream.push(tokenId, this.#stops.push(piece), logprobs, this.choice);
    return this.#stops.found;
  }

  /** The request is over, whoever ended it; once. A stop string that is complete with the last token that was allowed is a stop. */
  end(reason: FinishReason, error: Error | null, now: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const rest = this.#detokenizer === null || this.#stops.found ? "" : this.#stops.push(this.#detokenizer.end());
    this.stream.end(rest + this.#stops.end(), reason === "length" && this.#stops.found ? "stop" : reason, error, { submittedAt: this.#submittedAt, firstTokenAt: this.#firstTokenAt, finishedAt: now }, this.choice);
    this.#onEnd();
  }
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
