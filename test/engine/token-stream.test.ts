import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type AnswerEnd, NO_USAGE, TokenStream, type TokenDelta } from "../../src/engine/token-stream.ts";
import { AbortedError, StepFailedError } from "../../src/errors.ts";
import type { FinishReason } from "../../src/request.ts";
import { promptOf, readAll, setUp, someTurns } from "../support/engines.ts";

const timing = { submittedAt: 1, admittedAt: 1, firstTokenAt: 2, finishedAt: 3 };
const end: AnswerEnd = { timing, stop: null, usage: { ...NO_USAGE, outputTokens: 1 }, seed: 5 };

function open(abort = (): void => {}): TokenStream {
  return new TokenStream({ id: "a", promptTokenIds: new Int32Array([7]), abort });
}

async function deltasOf(stream: TokenStream): Promise<TokenDelta[]> {
  const deltas = [];
  for await (const delta of stream) deltas.push(delta);
  return deltas;
}

/** The ids go into the list; what the loop threw, or null. */
async function readInto(stream: TokenStream, ids: number[]): Promise<unknown> {
  try {
    for await (const { tokenIds } of stream) ids.push(...tokenIds);
    return null;
  } catch (error) {
    return error;
  }
}

describe("TokenStream", () => {
  test("gives deltas as they come, and the end with the last one", async () => {
    const stream = open();
    const first = stream.next();
    stream.push(5, "x");
    expect(await first).toEqual({
      done: false,
      value: { choice: 0, tokenIds: [5], text: "x", logprobs: undefined, finishReason: null, error: null },
    });
    stream.push(6, "y");
    stream.end("!", "length", null, end);
    expect(await deltasOf(stream)).toEqual([
      { choice: 0, tokenIds: [6], text: "y!", logprobs: undefined, finishReason: "length", error: null },
    ]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("a slow reader gets in one delta what came meanwhile", async () => {
    const stream = open();
    for (const [id, text] of [
      [1, "a"],
      [2, ""],
      [3, "bc"],
    ] as const) {
      stream.push(id, text);
    }
    expect((await stream.next()).value).toMatchObject({ tokenIds: [1, 2, 3], text: "abc" });
  });

  test("the end comes in a delta of its own where all was read before", async () => {
    const stream = open();
    stream.push(1, "a");
    await stream.next();
    const last = stream.next();
    stream.end("", "stop", null, end);
    expect((await last).value).toMatchObject({ tokenIds: [], text: "", finishReason: "stop" });
    expect((await stream.next()).done).toBe(true);
  });

  test("the completion is the whole answer, whether or not somebody reads", async () => {
    const logprobs = { logprob: -1, top: [] };
    const stream = open();
    stream.push(1, "a", logprobs);
    await stream.next();
    stream.push(2, "b", logprobs);
    stream.end("c", "error", new Error("x"), end);
    const choice = {
      choice: 0,
      tokenIds: [1, 2],
      text: "abc",
      logprobs: [logprobs, logprobs],
      finishReason: "error",
      error: new Error("x"),
      ...end,
    };
    expect(await stream.completion()).toEqual({ id: "a", ...choice, choices: [choice] });
    expect(await stream.completion()).toBe(await stream.completion());
  });

  test("leaving early aborts, and later reads are over", async () => {
    let aborts = 0;
    const stream: TokenStream = open(() => {
      aborts++;
      stream.end("", "abort", null, end);
    });
    stream.push(1, "a");
    for await (const { text } of stream) if (text === "a") break;
    expect([aborts, (await stream.next()).done, (await stream.completion()).text]).toEqual([1, true, "a"]);
  });

  test("leaving while a read waits ends that read, too", async () => {
    const stream: TokenStream = open(() => stream.end("", "abort", null, end));
    const waiting = stream.next();
    await stream.return();
    expect([(await waiting).done, (await stream.completion()).finishReason]).toEqual([true, "abort"]);
  });

  test("leaving after the end aborts nothing: another request may have the id by now", async () => {
    let aborts = 0;
    const stream: TokenStream = open(() => aborts++);
    stream.end("", "length", null, end);
    for await (const { finishReason } of stream) if (finishReason !== null) break;
    expect([aborts, (await stream.next()).done]).toEqual([0, true]);
  });

  test("reads that overlap are all answered, in order", async () => {
    const stream = open();
    const reads = [stream.next(), stream.next(), stream.next()];
    stream.push(1, "a");
    expect((await reads[0]).value).toMatchObject({ tokenIds: [1] });
    stream.end("", "length", null, end);
    expect([(await reads[1]).value?.finishReason, (await reads[2]).done]).toEqual(["length", true]);
  });

  test("several answers come by their numbers, each with its own end, and complete together", async () => {
    const stream = new TokenStream({ id: "a", promptTokenIds: new Int32Array([7]), abort: () => {}, n: 2, choice: 3 });
    stream.push(1, "a", undefined, 4);
    stream.push(2, "b", undefined, 3);
    stream.push(3, "c", undefined, 4);
    stream.end("", "stop", null, end, 4);
    expect((await stream.next()).value).toMatchObject({ choice: 3, tokenIds: [2], finishReason: null });
    expect((await stream.next()).value).toMatchObject({
      choice: 4,
      tokenIds: [1, 3],
      text: "ac",
      finishReason: "stop",
    });
    const waiting = stream.next();
    stream.end("!", "length", null, end, 3);
    expect((await waiting).value).toMatchObject({ choice: 3, tokenIds: [], text: "!", finishReason: "length" });
    expect((await stream.next()).done).toBe(true);
    const { choices, tokenIds } = await stream.completion();
    expect([tokenIds, choices.map(({ choice, text, finishReason }) => [choice, text, finishReason])]).toEqual([
      [2],
      [
        [3, "b!", "length"],
        [4, "ac", "stop"],
      ],
    ]);
  });

  test("an error of one of several answers is thrown when all have ended", async () => {
    const stream = new TokenStream({ id: "a", promptTokenIds: new Int32Array([7]), abort: () => {}, n: 2 });
    const failure = new StepFailedError("x");
    stream.end("", "error", failure, end, 0);
    expect((await stream.next()).value).toMatchObject({ choice: 0, finishReason: "error", error: failure });
    const waiting = stream.next();
    stream.push(2, "b", undefined, 1);
    expect((await waiting).value).toMatchObject({ choice: 1, tokenIds: [2] });
    stream.end("", "length", null, end, 1);
    expect((await stream.next()).value).toMatchObject({ choice: 1, finishReason: "length" });
    await expect(stream.next()).rejects.toBe(failure);
    expect((await stream.next()).done).toBe(true);
  });

  const aborted = new AbortedError("request a was aborted");
  const signal = AbortSignal.abort("enough");
  test.each<[string, FinishReason[], AbortSignal | undefined, unknown]>([
    ["ends by itself", ["length", "stop"], signal, null],
    ["is aborted by its signal", ["abort", "abort"], signal, "enough"],
    ["is aborted by its signal after an answer's end", ["length", "abort"], signal, "enough"],
    ["is aborted otherwise", ["abort", "abort"], new AbortController().signal, aborted],
    ["has no signal and is aborted", ["abort", "abort"], undefined, aborted],
    ["loses one choice by an abort, and another ends by itself", ["abort", "length"], undefined, null],
  ])("a request that %s", async (_, reasons, own, thrown) => {
    const stream = new TokenStream({
      id: "a",
      promptTokenIds: new Int32Array([7]),
      abort: () => {},
      n: 2,
      signal: own,
    });
    for (const [choice, reason] of reasons.entries()) {
      stream.push(1 + choice, "", undefined, choice);
      stream.end("", reason, null, end, choice);
    }
    const ids: number[] = [];
    const outcome = await readInto(stream, ids);
    expect([ids, outcome]).toEqual([[1, 2], thrown]);
    expect((await stream.completion()).choices.map(({ finishReason }) => finishReason)).toEqual(reasons);
  });

  test("reads that wait at the end: the first is told the failure, the others are over", async () => {
    const stream = open();
    const reads = [stream.next(), stream.next(), stream.next()];
    stream.end("", "error", new Error("x"), end);
    const settled = await Promise.allSettled(reads);
    expect(settled.map((each) => (each.status === "rejected" ? String(each.reason) : each.value.done))).toEqual([
      false,
      "Error: x",
      true,
    ]);
  });

  test("a stream is its own iterator, and keeps the prompt", () => {
    const stream = open();
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    expect([stream.id, [...stream.promptTokenIds]]).toEqual(["a", [7]]);
  });
});

describe("a stream of an engine", () => {
  test("a loop over a request that fails throws its error after the tokens that it had", async () => {
    const { engine } = setUp({}, { fails: (_, executed) => (executed > 6 ? new Error("hiccup") : undefined) });
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 20 });
    await expect(readAll(stream)).rejects.toThrow(StepFailedError);
    const { tokenIds, error } = await stream.completion();
    expect([tokenIds.length > 0 && tokenIds.length < 20, error]).toEqual([true, expect.any(StepFailedError)]);
    await engine.dispose();
  });

  test("a loop over an aborted request throws the reason of its signal, or an AbortedError", async () => {
    const { engine } = setUp();
    const controller = new AbortController();
    const reason = { why: "not an error object" };
    const streams = [controller.signal, undefined, undefined].map((signal, i) =>
      engine.submit({ id: i, promptTokenIds: promptOf(i), maxTokens: 1000, ...(signal && { signal }) }),
    );
    const thrown = [reason, new AbortedError("request 1 was aborted"), new AbortedError("request 2 was aborted")];
    const loops = streams.map((stream) => readAll(stream).catch((error: unknown) => error));
    await someTurns();
    controller.abort(reason);
    engine.abort(1);
    await engine.dispose();
    expect(await Promise.all(loops)).toEqual(thrown);
  });

  test("many requests share a signal without a warning, and leave nothing on it", async () => {
    const warnings: unknown[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on("warning", note);
    const { engine } = setUp();
    const { signal } = new AbortController();
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        engine.submit({ promptTokenIds: promptOf(i), maxTokens: 3, signal }).completion(),
      ),
    );
    await someTurns();
    process.off("warning", note);
    expect([warnings, getEventListeners(signal, "abort")]).toEqual([[], []]);
    await engine.dispose();
  });
});

test("read gives what is there without waiting, and onNews tells of it", () => {
  const stream = open();
  let news = 0;
  stream.onNews = () => void news++;
  expect([stream.read(), stream.ended()]).toEqual([null, null]);
  stream.push(5, "x");
  stream.push(6, "y");
  expect([news, stream.read()?.tokenIds, stream.read()]).toEqual([2, [5, 6], null]);
  stream.end("!", "length", null, end);
  expect([news, stream.read()?.text, stream.ended()?.text]).toEqual([3, "!", "xy!"]);
});

describe("text", () => {
  test("is the first answer's, piece by piece", async () => {
    const stream = new TokenStream({ id: 1, promptTokenIds: Int32Array.of(1), abort: () => {}, n: 2 });
    stream.push(5, "Hel");
    stream.push(6, "other", undefined, 1);
    stream.push(7, "");
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of stream.text()) pieces.push(piece);
    })();
    await Promise.resolve();
    stream.end("lo", "stop", null, end, 0);
    stream.end("", "stop", null, end, 1);
    await reading;
    expect(pieces.join("")).toBe("Hello");
  });
});
