import { expect, test } from "vitest";
import { UsageError } from "../../../src/cli/failure.ts";
import { linesOf } from "../../../src/cli/chat/lines.ts";

const never = new AbortController().signal;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function read(chunks: readonly Uint8Array[], signal: AbortSignal = never): Promise<string[]> {
  async function* input(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  return collect(linesOf(input(), signal));
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

test("lines, however they come", async () => {
  const bytes = encode("é one\r\ntwo\n\nlast");
  const wanted = ["é one", "two", "", "last"];
  expect(await read([bytes])).toEqual(wanted);
  expect(await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(wanted);
  expect(await read([encode("a\n")])).toEqual(["a"]);
});

test("an input that is aborted ends, though nothing comes", async () => {
  const controller = new AbortController();
  const silent: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
  const lines = collect(linesOf(silent, controller.signal));
  controller.abort();
  expect(await lines).toEqual([]);
  expect(await read([encode("a\n")], AbortSignal.abort())).toEqual([]);
});

test("a line without an end is refused", async () => {
  const chunk = new Uint8Array(2 ** 20).fill(97);
  await expect(read([chunk, chunk, chunk, chunk, chunk])).rejects.toThrow(UsageError);
});
