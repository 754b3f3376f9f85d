import { describe, expect, test } from "vitest";
import { TokenStream, type TokenDelta } from "../../src/engine/token-stream.ts";

const timing = { submittedAt: 1, firstTokenAt: 2, finishedAt: 3 };

function open(abort = (): void => {}): TokenStream {
  return new TokenStream({ id: "a", promptTokenIds: new Int32Array([7]), abort });
}

async function readAll(stream: TokenStream): Promise<TokenDelta[]> {
  const deltas = [];
  for await (const delta of stream) deltas.push(delta);
  return deltas;
}

describe("TokenStream", () => {
  test("gives deltas as they come, and the end with the last one", async () => {
    const stream = open();
    const first = stream.next();
    stream.push(5, "x");
    expect(await first).toEqual({ done: false, value: { choice: 0, tokenIds: [5], text: "x", logprobs: undefined, finishReason: null, error: null } });
    stream.push(6, "y");
    stream.end("!", "length", null, timing);
    expect(await readAll(stream)).toEqual([{ choice: 0, tokenIds: [6], text: "y!", logprobs: undefined, finishReason: "length", error: null }]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("a slow reader gets in one delta what came meanwhile", async () => {
    const stream = open();
    for (const [id, text] of [[1, "a"], [2, ""], [3, "bc"]] as const) stream.push(id, text);
    expect((await stream.next()).value).toMatchObject({ tokenIds: [1, 2, 3], text: "abc" });
  });

  test("the end comes in a delta of its own where all was read before", async () => {
    const stream = open();
    stream.push(1, "a");
    await stream.next();
    const last = stream.next();
    stream.end("", "stop", null, timing);
    expect((await last).value).toMatchObject({ tokenIds: [], text: "", finishReason: "stop" });
    expect((await stream.next()).done).toBe(true);
  });

  test("the completion is the whole answer, whether or not somebody reads", async () => {
    const logprobs = { logprob: -1, top: [] };
    const stream = open();
    stream.push(1, "a", logprobs);
    await stream.next();
    stream.push(2, "b", logprobs);
    stream.end("c", "error", new Error("x"), timing);
    const choice = { choice: 0, tokenIds: [1, 2], text: "abc", logprobs: [logprobs, logprobs], finishReason: "error", error: new Error("x"), timing };
    expect(await stream.completion()).toEqual({ id: "a", ...choice, choices: [choice] });
    expect(await stream.completion()).toBe(await stream.completion());
  });

  test("leaving early aborts, and later reads are over", async () => {
    let aborts = 0;
    const stream: TokenStream = open(() => {
      aborts++;
      stream.end("", "abort", null, timing);
    });
    stream.push(1, "a");
    for await (const { text } of stream) if (text === "a") break;
    expect([aborts, (await stream.next()).done, (await stream.completion()).text]).toEqual([1, true, "a"]);
  });

  test("leaving while a read waits ends that read, too", async () => {
    const stream: TokenStream = open(() => stream.end("", "abort", null, timing));
    const waiting = stream.next();
    await stream.return();
    expect([(await waiting).done, (await stream.completion()).finishReason]).toEqual([true, "abort"]);
  });

  test("reads that overlap are all answered, in order", async () => {
    const stream = open();
    const reads = [stream.next(), stream.next(), stream.next()];
    stream.push(1, "a");
    expect((await reads[0]).value).toMatchObject({ tokenIds: [1] });
    stream.end("", "length", null, timing);
    expect([(await reads[1]).value?.finishReason, (await reads[2]).done]).toEqual(["length", true]);
  });

  test("several answers come by their numbers, each with its own end, and complete together", async () => {
    const stream = new TokenStream({ id: "a", promptTokenIds: new Int32Array([7]), abort: () => {}, n: 2, choice: 3 });
    stream.push(1, "a", undefined, 4);
    stream.push(2, "b", undefined, 3);
    stream.push(3, "c", undefined, 4);
    stream.end("", "stop", null, timing, 4);
    expect((await stream.next()).value).toMatchObject({ choice: 3, tokenIds: [2], finishReason: null });
    expect((await stream.next()).value).toMatchObject({ choice: 4, tokenIds: [1, 3], text: "ac", finishReason: "stop" });
    const waiting = stream.next();
    stream.end("!", "length", null, timing, 3);
    expect((await waiting).value).toMatchObject({ choice: 3, tokenIds: [], text: "!", finishReason: "length" });
    expect((await stream.next()).done).toBe(true);
    const { choices, tokenIds } = await stream.completion();
    expect([tokenIds, choices.map(({ choice, text, finishReason }) => [choice, text, finishReason])]).toEqual([[2], [[3, "b!", "length"], [4, "ac", "stop"]]]);
  });

  test("a stream is its own iterator, and keeps the prompt", () => {
    const stream = open();
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    expect([stream.id, [...stream.promptTokenIds]]).toEqual(["a", [7]]);
  });
});
