import { NO_USAGE, TokenStream } from "../engine/token-stream.ts";
import type { RequestId } from "../request.ts";
import { errorOf } from "./error-record.ts";
import type { WireDelta } from "./messages.ts";

/** What a stream is made of before the engine has taken its request in. */
export interface StreamSpec {
  readonly n: number | undefined;
  readonly choice: number | undefined;
  readonly promptLogprobs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly abort: () => void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Of a request. */
  readonly stream: StreamSpec | null;
}

interface OpenStream {
  readonly stream: TokenStream;
  readonly submittedAt: number;
  /** Numbers of the choices that have not ended. */
  readonly open: Set<number>;
}

/** Calls that wait for their answer, and streams that have not ended, by call. */
export class Inbox {
  readonly #waiting = new Map<number, Waiting>();
  readonly #streams = new Map<number, OpenStream>();

  get size(): number {
    return this.#waiting.size + this.#streams.size;
  }

  /** The answer of a call. */
  expect<T>(call: number): Promise<T> {
    return this.#wait(call, null) as Promise<T>;
  }

  /** The stream of a request, once the engine has taken it in. */
  expectStream(call: number, stream: StreamSpec): Promise<TokenStream> {
    return this.#wait(call, stream) as Promise<TokenStream>;
  }

  /** The engine has taken the request of that call in. */
  begin(call: number, id: RequestId, promptTokenIds: Int32Array, now: number): void {
    const waiting = this.#take(call);
    if (waiting === undefined) return;
    const { n = 1, choice = 0, signal, abort, promptLogprobs } = waiting.stream!;
    const stream = new TokenStream({ id, promptTokenIds, abort, signal, n, choice, promptLogprobs });
    const open = new Set(Array.from({ length: n }, (_, i) => choice + i));
    this.#streams.set(call, { stream, submittedAt: now, open });
    waiting.resolve(stream);
  }

  answer(call: number, value: unknown): void {
    this.#take(call)?.resolve(value);
  }

  fail(call: number, error: Error): void {
    this.#take(call)?.reject(error);
  }

  deliver({ call, choice, tokenIds, text, logprobs, promptLogprobs, end }: WireDelta): void {
    const entry = this.#streams.get(call);
    if (entry === undefined) return;
    const { stream, open } = entry;
    promptLogprobs?.forEach((each, position) => each !== null && stream.pushPrompt(position, each));
    const last = tokenIds.length - 1;
    tokenIds.forEach((id, i) => stream.push(id, i === last ? text : "", logprobs?.[i], choice));
    if (end === null) return;
    const rest = last < 0 ? text : "";
    open.delete(choice);
    if (open.size === 0) this.#streams.delete(call);
    stream.end(rest, end.finishReason, end.error && errorOf(end.error), end, choice);
  }

  /** The other side is gone: calls reject, and streams end, with the error. */
  failAll(error: Error, now: number): void {
    for (const call of this.#waiting.keys()) this.fail(call, error);
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const { stream, open, submittedAt } of streams) {
      const end = {
        timing: { submittedAt, admittedAt: null, firstTokenAt: null, finishedAt: now },
        stop: null,
        usage: { ...NO_USAGE, promptTokens: stream.promptTokenIds.length },
        seed: 0,
      };
      for (const choice of open) stream.end("", "error", error, end, choice);
    }
  }

  #wait(call: number, stream: StreamSpec | null): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject, stream }));
  }

  #take(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }
}
