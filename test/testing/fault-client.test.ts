import { expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { TokenStream } from "../../src/engine/token-stream.ts";
import { Sequence } from "../../src/scheduler/sequence.ts";
import { FaultClient } from "../../src/testing/fault-client.ts";

const TIMING = {} as never;

function clientOf(): FaultClient {
  const entry = new Sequence({ id: "a", promptTokenIds: [1], maxTokens: 2 }, { contextLength: 10, order: 0, now: 0 });
  const stream = new TokenStream({ id: "a", promptTokenIds: Int32Array.of(1), abort: () => {} });
  return new FaultClient({
    stream,
    controller: new AbortController(),
    entries: [entry],
    answers: [{ tokenIds: [5, 6], reason: "length" }],
  });
}

async function read(client: FaultClient): Promise<void> {
  const { value } = await client.stream.next();
  client.take(value!);
}

test("a request with all its tokens and its end is right", async () => {
  const client = clientOf();
  for (const id of [5, 6]) client.stream.push(id, "");
  client.stream.end("", "length", null, TIMING);
  await read(client);
  expect(client.over).toBe(true);
  await expect(client.check()).resolves.toBeUndefined();
});

test("a wrong token, an early end and an end that is not told are found", async () => {
  const wrong = clientOf();
  wrong.stream.push(7, "");
  wrong.stream.end("", "length", null, TIMING);
  await expect(wrong.check()).rejects.toThrow("request a has 1 answers and ended 0 times");
  await read(wrong);
  await expect(wrong.check()).rejects.toThrow("request a#0 got [7], its context gives [5 6]");
  const early = clientOf();
  early.stream.end("", "abort", null, TIMING);
  await read(early);
  await expect(early.check()).rejects.toThrow("request a#0 ended by abort after 0 of 2 tokens");
  early.allowed.add("abort");
  await expect(early.check()).resolves.toBeUndefined();
});

test("a token after the abort, and an end by a broken law, are found where errors are allowed", async () => {
  const late = clientOf();
  late.allowed.add("abort");
  late.close();
  late.stream.push(5, "");
  late.stream.end("", "abort", null, TIMING);
  await read(late);
  await expect(late.check()).rejects.toThrow("request a#0 was aborted with 0 tokens and has 1");
  const broken = clientOf();
  broken.allowed.add("error");
  broken.stream.end("", "error", new AssertionError("law"), TIMING);
  await expect(broken.check()).rejects.toThrow("request a#0 ended by a broken law: law");
});
