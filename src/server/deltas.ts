import type { TokenDelta } from "../engine/token-stream.ts";
import type { AnswerStream } from "./options.ts";

/** A piece of one of a request's answers. */
export interface IndexedDelta {
  /** `stream * n + choice`. */
  readonly index: number;
  readonly delta: TokenDelta;
}

type Read =
  | { readonly at: number; readonly result: IteratorResult<TokenDelta, unknown> }
  | { readonly at: number; readonly error: unknown };

/**
 * Pieces of all streams as they come, each of `n` choices. Throws what the first failing stream throws. Streams that
 * are left, by an error or by the reader, are aborted.
 */
export async function* deltasOf(streams: readonly AnswerStream[], n: number): AsyncGenerator<IndexedDelta> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const done: Read[] = [];
  let wake = (): void => {};
  const read = (at: number): void => {
    const finish = (outcome: Read): void => {
      done.push(outcome);
      wake();
    };
    iterators[at].next().then(
      (result) => finish({ at, result }),
      (error: unknown) => finish({ at, error }),
    );
  };
  iterators.forEach((_, at) => read(at));
  try {
    for (let open = streams.length; open > 0;) {
      if (done.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const next = done.shift()!;
      if ("error" in next) throw next.error;
      if (next.result.done === true) open--;
      else {
        read(next.at);
        yield { index: next.at * n + next.result.value.choice, delta: next.result.value };
      }
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}
