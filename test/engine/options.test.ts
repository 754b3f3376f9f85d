import { describe, expect, test } from "vitest";
import type { EngineRequest, PromptInput } from "../../src/engine/options.ts";
import type { BackendInfo } from "../../src/backends/backend.ts";
import { Engine } from "../../src/engine/engine.ts";
import { assertLike, assertWithin, type EngineOptions } from "../../src/engine/options.ts";
import { InfeasibleRequestError, InvalidOptionError, InvalidRequestError, QueueFullError } from "../../src/errors.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { expectedOf, promptOf, setUp } from "../support/engines.ts";
import { ScriptedBackend, type Script } from "../support/scripted-backend.ts";

const backend = new ScriptedBackend({
  info: { blockCount: 64, blockSize: 4, maxTokens: 32, maxRequests: 8, contextLength: 200 },
});

describe("assertWithin", () => {
  test.each<[Partial<EngineOptions>, string]>([
    [{ blockCount: 65 }, "blockCount is 65, backend scripted takes 64 at most"],
    [{ maxRequests: 9 }, "maxRequests is 9, backend scripted takes 8 at most"],
    [{ tokenBudget: 33 }, "tokenBudget is 33, backend scripted takes 32 at most"],
    [{ budget: fixed(33) }, "tokenBudget is 33, backend scripted takes 32 at most"],
    [{ tokenBudget: 1, budget: fixed(40) }, "tokenBudget is 40, backend scripted takes 32 at most"],
    [{ contextLength: 201 }, "contextLength is 201, backend scripted takes 200 at most"],
    [{ hostBlockCount: 1 }, "hostBlockCount is 1, backend scripted takes 0 at most"],
    [{ blockSize: 8 }, "blockSize is 8, backend scripted was made with 4"],
  ])("refuses %o", (options, message) => {
    expect(() => assertWithin({ backend, ...options }, backend.info)).toThrow(new InvalidOptionError(message));
    expect(() => new Engine({ backend, ...options })).toThrow(new InvalidOptionError(message));
  });

  test("takes the limits themselves, and less", () => {
    assertWithin(
      { backend, blockCount: 64, maxRequests: 8, tokenBudget: 32, contextLength: 200, blockSize: 4 },
      backend.info,
    );
    assertWithin({ backend, blockCount: 1, maxRequests: 1, tokenBudget: 1, contextLength: 1 }, backend.info);
    expect(() => assertWithin({ backend }, backend.info)).not.toThrow();
  });
});

describe("assertLike", () => {
  const { info } = backend;
  const other = (changes: Partial<BackendInfo>): ScriptedBackend =>
    new ScriptedBackend({ info: { ...info, ...changes } });

  test("takes a backend with the same limits, or larger ones", () => {
    expect(() => assertLike(other({}), backend)).not.toThrow();
    expect(() =>
      assertLike(
        other({ blockCount: 65, maxTokens: 33, maxRequests: 9, contextLength: 201, hostBlockCount: 5 }),
        backend,
      ),
    ).not.toThrow();
  });

  test.each(["blockCount", "maxTokens", "maxRequests", "contextLength"] as const)("refuses a smaller %s", (name) => {
    const message = `recover() gave backend scripted with ${name} ${info[name] - 1}, the lost one had ${info[name]}`;
    expect(() => assertLike(other({ [name]: info[name] - 1 }), backend)).toThrow(new InvalidOptionError(message));
  });

  test("refuses other blocks, another vocabulary, other windows, and the lost one", () => {
    expect(() => assertLike(other({ blockSize: 8 }), backend)).toThrow(
      new InvalidOptionError("recover() gave backend scripted with blockSize 8, the lost one had 4"),
    );
    expect(() => assertLike(other({ vocabSize: 60_000 }), backend)).toThrow(InvalidOptionError);
    expect(() => assertLike(other({ groups: [{ window: null }, { window: 4 }] }), backend)).toThrow(
      new InvalidOptionError("recover() gave backend scripted with windows [none, 4], the lost one had [none]"),
    );
    expect(() => assertLike(backend, backend)).toThrow(
      new InvalidOptionError("recover() gave backend scripted back, which was lost"),
    );
  });
});

test("an engine takes the backend's limits where none are given", () => {
  const { scheduler } = new Engine({ backend });
  expect([scheduler.kv.pool.blockCount, scheduler.kv.blockSize, scheduler.tokenBudget]).toEqual([64, 4, 32]);
});

test("an engine refuses options that no scheduler takes", () => {
  expect(() => new Engine({ backend, maxRequests: 0 })).toThrow(
    new InvalidOptionError("maxRequests must be an integer in [1, 32768], got 0"),
  );
  expect(() => new Engine({ backend, blockCount: 0 })).toThrow(InvalidOptionError);
});

describe("refusals throw, and change nothing", () => {
  const script: Script = { info: { contextLength: 20, vocabSize: 100, blockCount: 4 }, tokenAfter: () => 7 };

  test.each<[string, object, Error]>([
    ["no prompt", {}, new InvalidRequestError("exactly one of prompt, promptTokenIds and messages is needed")],
    [
      "two prompts",
      { prompt: "a", promptTokenIds: [1] },
      new InvalidRequestError("exactly one of prompt, promptTokenIds and messages is needed"),
    ],
    [
      "text without a tokenizer",
      { prompt: "a" },
      new InvalidRequestError("a text prompt needs an engine with a tokenizer"),
    ],
    [
      "stop strings without a tokenizer",
      { promptTokenIds: [1], stop: ["a"] },
      new InvalidRequestError("stop strings need an engine with a tokenizer"),
    ],
    [
      "an empty stop string",
      { promptTokenIds: [1], stop: [""] },
      new InvalidRequestError(`stop must hold non-empty strings, got ""`),
    ],
    ["a text for a prompt that is none", { prompt: 5 }, new InvalidRequestError("prompt must be text, got 5")],
    [
      "a prompt of null",
      { promptTokenIds: null },
      new InvalidRequestError("promptTokenIds must be an array of token ids, got null"),
    ],
    [
      "one stop string that is no array",
      { promptTokenIds: [1], stop: "a" },
      new InvalidRequestError(`stop must be an array of strings, got "a"`),
    ],
    [
      "a retention beyond 100",
      { promptTokenIds: [1], retention: { priority: 101, duration: 1 } },
      new InvalidRequestError("retention.priority must be in [0, 100], got 101"),
    ],
    [
      "a deadline that is over",
      { promptTokenIds: [1], deadline: -1 },
      new InvalidRequestError("deadline must be after the time of submission, 0, got -1"),
    ],
    [
      "a signal that is none",
      { promptTokenIds: [1], signal: {} },
      new InvalidRequestError("signal must be an AbortSignal, got {}"),
    ],
    [
      "no token",
      { promptTokenIds: [] },
      new InvalidRequestError("promptTokenIds must be at least one token id, got none"),
    ],
    [
      "an id beyond the vocabulary",
      { promptTokenIds: [1, 100] },
      new InvalidRequestError("promptTokenIds[1] is 100, the vocabulary has 100 ids"),
    ],
    [
      "no answer wanted",
      { promptTokenIds: [1], maxTokens: 0 },
      new InvalidRequestError("maxTokens must be an integer >= 1, got 0"),
    ],
    [
      "a bad temperature",
      { promptTokenIds: [1], sampling: { temperature: -1 } },
      new InvalidRequestError("temperature must be a finite number >= 0, got -1"),
    ],
    [
      "a prompt that fills the context",
      { promptTokenIds: new Array<number>(20).fill(1) },
      new InfeasibleRequestError("the prompt fills the context of 20 tokens, no room is left for an answer"),
    ],
    [
      "more than the pool holds",
      { promptTokenIds: [1], maxTokens: 17 },
      new InfeasibleRequestError("prompt and answer of 18 tokens need 5 blocks, the pool has 4"),
    ],
  ])("%s", async (_name, request, error) => {
    const { engine } = setUp({ clock: () => 0 }, script);
    const before = engine.stats();
    expect(() => engine.submit({ maxTokens: 2, ...request } as EngineRequest & PromptInput)).toThrow(error);
    expect({ ...engine.stats(), submitted: 0, aborted: 0 }).toEqual(before);
    expect((await engine.submit({ promptTokenIds: [1], maxTokens: 2 }).completion()).finishReason).toBe("length");
    await engine.dispose();
  });

  test("an id that is in use, until it is not", async () => {
    const { engine } = setUp();
    const first = engine.submit({ id: "a", promptTokenIds: [1], maxTokens: 3 });
    expect(() => engine.submit({ id: "a", promptTokenIds: [2], maxTokens: 3 })).toThrow(
      new InvalidRequestError("id a is in use by a request that has not ended"),
    );
    await first.completion();
    expect((await engine.submit({ id: "a", promptTokenIds: promptOf(2), maxTokens: 3 }).completion()).tokenIds).toEqual(
      expectedOf(2, 3),
    );
    await engine.dispose();
  });

  test("a request without an id gets one that is free, whatever ids callers chose", async () => {
    const { engine } = setUp();
    const streams = [0, 1, undefined, undefined, 4, undefined].map((id) =>
      engine.submit({ id, promptTokenIds: [1], maxTokens: 2 }),
    );
    expect(new Set(streams.map((stream) => stream.id)).size).toBe(6);
    await Promise.all(streams.map((stream) => stream.completion()));
    await engine.dispose();
  });

  test("a full queue", async () => {
    const { engine } = setUp({ maxWaitingRequests: 2 });
    const streams = [1, 2].map((n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 3 }));
    expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 3 })).toThrow(
      new QueueFullError("2 requests are waiting, the limit is 2"),
    );
    await Promise.all(streams.map((stream) => stream.completion()));
    expect((await engine.submit({ promptTokenIds: promptOf(3), maxTokens: 3 }).completion()).tokenIds).toEqual(
      expectedOf(3, 3),
    );
    await engine.dispose();
  });
});
