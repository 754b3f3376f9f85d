import type { FinishReason, RequestId } from "../request.ts";
import { abortReason } from "./abort-signals.ts";

/**
 * What one choice of a request produced since the last look. The last delta of each choice carries the reason of its
 * end.
 */
export interface TokenDelta {
  /** Whose tokens these are: 0 where one answer was asked for. */
  readonly choice: number;
  readonly tokenIds: number[];
  /** Certain text: no half characters, no beginnings of stop strings. */
  readonly text: string;
  /** [tokenIds.length] where they were asked for. */
  readonly logprobs?: TokenLogprobs[];
  /** As in `Completion`: in the request's first delta. */
  readonly promptLogprobs?: PromptLogprobs;
  readonly finishReason: FinishReason | null;
  /** Why, where the reason is "error". */
  readonly error: Error | null;
}

/** Log probabilities under the unmodified distribution. */
export interface TokenLogprobs {
  readonly logprob: number;
  /** Likeliest first, as many as were asked for. */
  readonly top: readonly { readonly tokenId: number; readonly logprob: number }[];
}

/** [promptTokenIds.length] of a prompt; null for its first token, which follows nothing. */
export type PromptLogprobs = readonly (TokenLogprobs | null)[];

/** Tokens of one answer. */
export interface Usage {
  readonly promptTokens: number;
  /** Of the prompt's, those that the first admission took from the prefix cache. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Guesses that steps checked, and the right ones of these. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
}

export const NO_USAGE: Usage = Object.freeze({
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  draftedTokens: 0,
  acceptedTokens: 0,
});

/** An answer's times on the engine's clock, in seconds. */
export interface AnswerTiming {
  readonly submittedAt: number;
  /** When its request was first admitted, null where it never was: until then it waited in the queue. */
  readonly admittedAt: number | null;
  /** Null where no token came. */
  readonly firstTokenAt: number | null;
  readonly finishedAt: number;
}

/** How an answer ended. */
export interface AnswerEnd {
  readonly timing: AnswerTiming;
  /** The stop string or stop id that ended it; null for any other end. */
  readonly stop: string | number | null;
  readonly usage: Usage;
  /** What it was drawn with: the request's, or the engine's where it had none. */
  readonly seed: number;
}

/** One whole answer. */
export interface Choice extends AnswerEnd {
  readonly choice: number;
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly finishReason: FinishReason;
  readonly error: Error | null;
}

/** A request's first answer, and all that were asked for. */
export interface Completion extends Choice {
  readonly id: RequestId;
  /** [n] in the order of their numbers; the first is this one. */
  readonly choices: readonly Choice[];
  /** Where they were asked for, and the prompt was computed to its end. */
  readonly promptLogprobs?: PromptLogprobs;
}

/**
 * One request's answers as they come. A reader that is slower than the device gets several tokens in one delta: a step
 * never waits for a reader, and a stream holds no more than its own request's tokens. Leaving a `for await` early
 * aborts the request.
 *
 * After the last delta the iteration throws once where the request did not end by itself: the first answer's `error`,
 * or, where the request was aborted, the signal's reason, or an `AbortedError` without one. One choice that is aborted
 * while others go on is no error.
 */
export class TokenStream implements AsyncIterableIterator<TokenDelta> {
  readonly id: RequestId;
  readonly promptTokenIds: Int32Array;
  readonly #abort: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #completion: Promise<Completion>;
  #complete!: (completion: Completion) => void;
  /** By number, the first of which is `#first`. */
  readonly #answers: readonly Answer[];
  readonly #first: number;
  /** Readers that wait: `next` may be called again before it has answered. */
  readonly #waiting: (() => void)[] = [];
  readonly #promptLogprobs: (TokenLogprobs | null)[] = [null];
  readonly #wantsPrompt: boolean;
  #promptIsRead = false;
  #left = false;
  /** Thrown to the reader after the last delta, once. */
  #failure: { readonly reason: unknown } | null = null;
  /**
   * Called after each change that `read` can see. The engine calls it inside a step: it must be short and not throw.
   */
  onNews: (() => void) | null = null;

  /** `n` answers, numbered from `choice` on. `abort` ends the request, and so may `signal`. */
  constructor(options: {
    id: RequestId;
    promptTokenIds: Int32Array;
    abort: () => void;
    signal?: AbortSignal | undefined;
    n?: number;
    choice?: number;
    promptLogprobs?: number | undefined;
  }) {
    const { n = 1, choice = 0 } = options;
    this.id = options.id;
    this.promptTokenIds = options.promptTokenIds;
    this.#abort = options.abort;
    this.#signal = options.signal;
    this.#wantsPrompt = (options.promptLogprobs ?? -1) >= 0;
    this.#first = choice;
    this.#answers = Array.from({ length: n }, (_, i) => new Answer(choice + i));
    this.#completion = new Promise((resolve) => (this.#complete = resolve));
  }

  /** The whole answer, once it is there; never rejects. Reading the stream is not needed for it. */
  completion(): Promise<Completion> {
    return this.#completion;
  }

  async next(): Promise<IteratorResult<TokenDelta, undefined>> {
    for (;;) {
      const value = this.#left ? null : this.read();
      if (value !== null) return { done: false, value };
      if (this.#left || this.#isOver) return this.#end();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What came since the last look, without waiting; null where nothing did. A reader uses this or the iteration. */
  read(): TokenDelta | null {
    const delta = this.#answers.find((each) => each.hasNews)?.read() ?? null;
    const promptLogprobs = this.#promptIsRead ? undefined : this.#wholePrompt;
    if (delta === null || promptLogprobs === undefined) return delta;
    this.#promptIsRead = true;
    return { ...delta, promptLogprobs };
  }

  /** The first answer's text as it comes, piece by piece; throws and ends as the iteration of deltas does. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const { choice, text } of this) if (choice === this.#first && text !== "") yield text;
  }

  /** The whole of one answer once it has ended, else null. */
  ended(choice = this.#first): Choice | null {
    return this.#answers[choice - this.#first].ended;
  }

  /**
   * The reader leaves: the request is aborted and its blocks are back before this returns. After the request's end
   * nothing happens.
   */
  async return(): Promise<IteratorResult<TokenDelta, undefined>> {
    this.#left = true;
    // Another request may have the id by now.
    if (!this.#isOver) this.#abort();
    this.#notify();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** For the engine: one more token, and the text that became certain with it. */
  push(tokenId: number, text: string, logprobs?: TokenLogprobs, choice = this.#first): void {
    this.#answers[choice - this.#first].add(tokenId, text, logprobs);
    this.#notify();
  }

  /** For the engine: what a token of the prompt has. Where a prompt is computed again, tokens may come once more. */
  pushPrompt(position: number, logprobs: TokenLogprobs): void {
    if (position === this.#promptLogprobs.length) this.#promptLogprobs.push(logprobs);
  }

  /** For the engine: the end of an answer, with the text that was held back. */
  end(text: string, reason: FinishReason, error: Error | null, end: AnswerEnd, choice = this.#first): void {
    this.#answers[choice - this.#first].end(text, reason, error, end);
    if (this.#isOver) this.#finish(reason);
    this.#notify();
  }

  get #wholePrompt(): PromptLogprobs | undefined {
    const isWhole = this.#wantsPrompt && this.#promptLogprobs.length === this.promptTokenIds.length;
    return isWhole ? this.#promptLogprobs : undefined;
  }

  get #isOver(): boolean {
    return this.#answers.every(({ ended }) => ended !== null);
  }

  /**
   * All answers are there. An abort of the request ends all that were left, so the last answer's reason tells of it.
   */
  #finish(lastReason: FinishReason): void {
    const choices = this.#answers.map(({ ended }) => ended!);
    const failed = choices.find(({ finishReason }) => finishReason === "error");
    if (failed !== undefined) this.#failure = { reason: failed.error };
    else if (lastReason === "abort") this.#failure = { reason: abortReason(this.id, this.#signal) };
    const promptLogprobs = this.#wholePrompt;
    this.#complete({ id: this.id, ...choices[0], choices, ...(promptLogprobs && { promptLogprobs }) });
  }

  /**
   * What a read past the last delta gets. A reader that left learns of no failure: leaving is what aborted the request.
   */
  #end(): IteratorResult<TokenDelta, undefined> {
    const failure = this.#left ? null : this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.reason;
    return { done: true, value: undefined };
  }

  #notify(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    this.onNews?.();
  }
}

/** One answer, and its unread part. */
class Answer {
  ended: Choice | null = null;
  readonly #choice: number;
  readonly #all = new Pending();
  #unread = new Pending();
  #endIsRead = false;

  constructor(choice: number) {
    this.#choice = choice;
  }

  get hasNews(): boolean {
    return this.ended === null ? !this.#unread.isEmpty : !this.#endIsRead;
  }

  add(tokenId: number, text: string, logprobs: TokenLogprobs | undefined): void {
    this.#all.add(tokenId, text, logprobs);
    this.#unread.add(tokenId, text, logprobs);
  }

  end(text: string, finishReason: FinishReason, error: Error | null, end: AnswerEnd): void {
    this.#all.text += text;
    this.#unread.text += text;
    const { tokenIds, logprobs } = this.#all;
    const { timing, stop, usage, seed } = end;
    const answer = { tokenIds, text: this.#all.text, logprobs, finishReason, error };
    this.ended = { choice: this.#choice, ...answer, timing, stop, usage, seed };
  }

  read(): TokenDelta {
    const { tokenIds, text, logprobs } = this.#unread;
    this.#unread = new Pending();
    this.#endIsRead = this.ended !== null;
    return {
      choice: this.#choice,
      tokenIds,
      text,
      logprobs,
      finishReason: this.ended?.finishReason ?? null,
      error: this.ended?.error ?? null,
    };
  }
}

class Pending {
  readonly tokenIds: number[] = [];
  text = "";
  logprobs: TokenLogprobs[] | undefined;

  get isEmpty(): boolean {
    return this.tokenIds.length === 0 && this.text === "";
  }

  add(tokenId: number, text: string, logprobs: TokenLogprobs | undefined): void {
    this.tokenIds.push(tokenId);
    this.text += text;
    if (logprobs !== undefined) (this.logprobs ??= []).push(logprobs);
  }
}
