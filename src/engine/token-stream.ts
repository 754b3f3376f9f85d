import type { FinishReason, RequestId } from "../request.ts";

/** What a request produced since the last look. The last delta of a stream carries the reason of its end. */
export interface TokenDelta {
  readonly tokenIds: number[];
  /** Certain text: no half characters, no beginnings of stop strings. */
  readonly text: string;
  /** [tokenIds.length] where they were asked for. */
  readonly logprobs?: TokenLogprobs[];
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

/** A request's whole answer. */
export interface Completion {
  readonly id: RequestId;
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly finishReason: FinishReason;
  readonly error: Error | null;
  /** On the engine's clock; `firstTokenAt` is null where no token came. */
  readonly timing: { readonly submittedAt: number; readonly firstTokenAt: number | null; readonly finishedAt: number };
}

/**
 * One request's answer as it comes. A reader that is slower than the device gets several tokens in one delta: a step never
 * waits for a reader, and a stream holds no more than its own request's tokens. Leaving a `for await` early aborts the request.
 */
export class TokenStream implements AsyncIterableIterator<TokenDelta> {
  readonly id: RequestId;
  readonly promptTokenIds: Int32Array;
  readonly #abort: () => void;
  readonly #completion: Promise<Completion>;
  #complete!: (completion: Completion) => void;
  readonly #all = new Pending();
  #unread = new Pending();
  /** Readers that wait: `next` may be called again before it has answered. */
  readonly #waiting: (() => void)[] = [];
  #ended: Completion | null = null;
  #read = false;

  constructor(options: { id: RequestId; promptTokenIds: Int32Array; abort: () => void }) {
    this.id = options.id;
    this.promptTokenIds = options.promptTokenIds;
    this.#abort = options.abort;
    this.#completion = new Promise((resolve) => (this.#complete = resolve));
  }

  /** The whole answer, once it is there; never rejects. Reading the stream is not needed for it. */
  completion(): Promise<Completion> {
    return this.#completion;
  }

  async next(): Promise<IteratorResult<TokenDelta, undefined>> {
    while (this.#unread.isEmpty && this.#ended === null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#ended !== null && this.#read) return { done: true, value: undefined };
    const delta = this.#unread;
    this.#unread = new Pending();
    this.#read = this.#ended !== null;
    return { done: false, value: delta.toDelta(this.#ended) };
  }

  /** The reader leaves: the request is aborted and its blocks are back before this returns. */
  async return(): Promise<IteratorResult<TokenDelta, undefined>> {
    this.#abort();
    this.#read = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** For the engine: one more token, and the text that became certain with it. */
  push(tokenId: number, text: string, logprobs?: TokenLogprobs): void {
    this.#all.add(tokenId, text, logprobs);
    this.#unread.add(tokenId, text, logprobs);
    this.#notify();
  }

  /** For the engine: the end, with the text that was held back. */
  end(text: string, reason: FinishReason, error: Error | null, timing: Completion["timing"]): void {
    this.#all.text += text;
    this.#unread.text += text;
    this.#ended = { id: this.id, ...this.#all.toDelta(null), finishReason: reason, error, timing };
    this.#complete(this.#ended);
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#waiting.splice(0)) wake();
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

  toDelta(ended: Completion | null): TokenDelta {
    return { tokenIds: this.tokenIds, text: this.text, logprobs: this.logprobs, finishReason: ended?.finishReason ?? null, error: ended?.error ?? null };
  }
}
