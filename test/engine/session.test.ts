import { describe, expect, test } from "vitest";
import { logprobsOf, Session } from "../../src/engine/session.ts";
import { StopStrings } from "../../src/engine/stop-strings.ts";
import { TokenStream } from "../../src/engine/token-stream.ts";
import { MAX_TOP_LOGPROBS } from "../../src/config.ts";
import type { Tokenizer } from "../../src/tokenizer.ts";
import { byteTokenizer } from "../support/scripted-backend.ts";

function open(options: { stop?: string[]; tokenizer?: Tokenizer; prompt?: number[]; minTokens?: number } = {}) {
  const stream = new TokenStream({ id: 0, promptTokenIds: Int32Array.from(options.prompt ?? [65]), abort: () => {} });
  const { tokenizer } = { tokenizer: byteTokenizer as Tokenizer | undefined, ...options };
  let ends = 0;
  const session = new Session({
    choice: 0,
    stream,
    tokenizer,
    stops: new StopStrings(options.stop),
    submittedAt: 1,
    sampling: { seed: 7, minTokens: options.minTokens ?? 0 },
    onEnd: () => ends++,
  });
  const feed = (text: string): boolean[] =>
    [...new TextEncoder().encode(text)].map((id) => session.accept(id, 5, false, undefined));
  return { session, stream, feed, ends: () => ends };
}

describe("Session", () => {
  test("turns ids into text, and gives back at the end what was held back", async () => {
    const { session, stream, feed, ends } = open({ stop: ["END"] });
    expect(feed("Hi EN")).toEqual([false, false, false, false, false]);
    expect((await stream.next()).value).toMatchObject({ text: "Hi ", tokenIds: [72, 105, 32, 69, 78] });
    session.end("length", null, 9);
    expect(await stream.completion()).toMatchObject({
      text: "Hi EN",
      finishReason: "length",
      timing: { submittedAt: 1, admittedAt: null, firstTokenAt: 5, finishedAt: 9 },
      seed: 7,
      stop: null,
    });
    session.end("abort", null, 10);
    expect(ends()).toBe(1);
  });

  test("looks for no stop string before the least tokens are there", async () => {
    const { session, stream, feed } = open({ stop: ["ND"], minTokens: 4 });
    expect(feed("aND ND")).toEqual([false, false, false, false, false, true]);
    session.end("stop", null, 9);
    expect(await stream.completion()).toMatchObject({ text: "aND ", finishReason: "stop", stop: "ND" });
  });

  test("says when a stop string is complete, and its text ends before it", async () => {
    const { session, stream, feed } = open({ stop: ["ND"] });
    expect(feed("aND")).toEqual([false, false, true]);
    expect(feed("x")).toEqual([true]);
    session.end("stop", null, 9);
    expect(await stream.completion()).toMatchObject({ text: "a", tokenIds: [97, 78, 68] });
  });

  test("an id that ends the request is a token and no text", async () => {
    const { session, stream } = open();
    session.accept(66, 5, true, undefined);
    session.end("stop", null, 9);
    expect(await stream.completion()).toMatchObject({ text: "", tokenIds: [66] });
  });

  test("half a character at the end becomes a replacement character", async () => {
    const { session, stream } = open();
    for (const id of [0xc3, 0xa9, 0xe2, 0x82]) session.accept(id, 5, false, undefined);
    expect((await stream.next()).value).toMatchObject({ text: "é" });
    session.end("length", null, 9);
    expect((await stream.completion()).text).toBe("é\ufffd");
  });

  test("continues the prompt: a leading space that a tokenizer drops is dropped there, not here", async () => {
    const dropping: Tokenizer = { ...byteTokenizer, droppedLeadingSpaces: 1 };
    const { session, stream, feed } = open({ tokenizer: dropping, prompt: [32, 65] });
    feed(" b");
    session.end("length", null, 9);
    expect((await stream.completion()).text).toBe(" b");
  });

  test("without a tokenizer there are ids alone; without a token there is no time of the first", async () => {
    const { session, stream } = open({ tokenizer: undefined });
    session.accept(66, 5, false, undefined);
    expect((await stream.next()).value).toMatchObject({ text: "", tokenIds: [66] });
    const none = open();
    none.session.end("abort", null, 9);
    expect((await none.stream.completion()).timing).toEqual({
      submittedAt: 1,
      admittedAt: null,
      firstTokenAt: null,
      finishedAt: 9,
    });
  });
});

describe("logprobsOf", () => {
  const result = {
    tokenIds: new Int32Array(2),
    logprobs: new Float32Array([-1, -2]),
    topIds: Int32Array.from({ length: 2 * MAX_TOP_LOGPROBS }, (_, i) => i),
    topLogprobs: Float32Array.from({ length: 2 * MAX_TOP_LOGPROBS }, (_, i) => -i),
  };

  test("reads the sample's columns, as many as were asked for", () => {
    expect(logprobsOf(2, result, 1)).toEqual({
      logprob: -2,
      top: [
        { tokenId: 20, logprob: -20 },
        { tokenId: 21, logprob: -21 },
      ],
    });
    expect(logprobsOf(0, result, 0)).toEqual({ logprob: -1, top: [] });
  });

  test("is nothing where none were asked for, or a backend gives none", () => {
    expect(logprobsOf(-1, result, 0)).toBeUndefined();
    expect(logprobsOf(3, { tokenIds: new Int32Array(1) }, 0)).toBeUndefined();
  });
});
