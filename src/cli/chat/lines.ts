import { UsageError } from "../failure.ts";

/** Longest line of input, in UTF-16 units: a message beyond it fits no model's context. */
const MAX_LINE = 4 * 2 ** 20;

/**
 * The lines of an input as they come, without their ends. Stops where the signal is aborted; throws `UsageError` for a
 * line beyond 4 Mi characters.
 */
export async function* linesOf(input: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stoppable(input, signal)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    if (rest.length > MAX_LINE) throw new UsageError(`a line of the input has more than ${MAX_LINE} characters`);
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  rest += decoder.decode();
  if (rest !== "" && !signal.aborted) yield rest;
}

async function* stoppable<T>(input: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = input[Symbol.asyncIterator]();
  const aborted = new Promise<IteratorResult<T>>((resolve) => {
    const stop = (): void => resolve({ done: true, value: undefined });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next.done === true) return;
    yield next.value;
  }
}
