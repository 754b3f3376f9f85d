import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createCpuBackend } from "../../src/backends/cpu/index.ts";
import type { KvEvent } from "../../src/blocks/events.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { StepEvent } from "../../src/engine/options.ts";
import {
  DisposedError,
  InfeasibleRequestError,
  InvalidModelError,
  InvalidRequestError,
  QueueFullError,
  StepFailedError,
  TimeoutError,
  WorkerLostError,
} from "../../src/errors.ts";
import { loadModel } from "../../src/models/index.ts";
import type { EngineClient } from "../../src/worker/engine-client.ts";
import { createWorkerEngine, type WorkerEngine } from "../../src/worker/worker-engine.ts";
import { expectedOf, promptOf, readAll, setUp, someTurns } from "../support/engines.ts";
import type { WorkerInit } from "../support/engine-worker.ts";
import { answering, byteTokenizer } from "../support/scripted-backend.ts";
import { openPort, setUpPort } from "../support/worker-engines.ts";

/** An engine in a thread of its own. */
function openWorker(init: WorkerInit): Promise<WorkerEngine> {
  return createWorkerEngine(new Worker(new URL("../support/engine-worker.ts", import.meta.url)), { init });
}

describe("answers", () => {
  test("are what the engine gives, in order, whatever runs beside them", async () => {
    const { engine } = await setUpPort();
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, n) =>
        readAll(await engine.submit({ promptTokenIds: promptOf(n), maxTokens: 1 + (n % 17) })),
      ),
    );
    for (const [n, { tokenIds, finishReason }] of answers.entries()) {
      expect([tokenIds, finishReason]).toEqual([expectedOf(n, 1 + (n % 17)), "length"]);
    }
    expect(await engine.stats()).toMatchObject({ finished: 60, heldBlocks: 0, running: 0, waiting: 0 });
    await engine.dispose();
  });

  test("have text, choices, log probabilities and timing as in one thread", async () => {
    const options = { tokenizer: byteTokenizer };
    const script = { tokenAfter: answering("?one, two; three") };
    const request = {
      promptTokenIds: [7],
      maxTokens: 12,
      n: 3,
      choice: 2,
      stop: ["; t"],
      sampling: { logprobs: 2, seed: 9 },
    };
    const { engine: alone } = setUp(options, script);
    const { engine } = await setUpPort(options, script);
    const wanted = await alone.submit(request).completion();
    const stream = await engine.submit(request);
    const { id, choices } = await stream.completion();
    expect([id, stream.promptTokenIds]).toEqual([0, new Int32Array([7])]);
    const timing = expect.objectContaining({ firstTokenAt: expect.any(Number) as number }) as object;
    expect(choices).toEqual(wanted.choices.map((choice) => ({ ...choice, timing })));
    expect(choices[0].timing.finishedAt).toBeGreaterThanOrEqual(choices[0].timing.submittedAt);
    await alone.dispose();
    await engine.dispose();
  });

  test("in a worker thread are those of this thread, to the bit: the built-in model on the CPU backend", async () => {
    const { model, tokenizer, eosTokenIds, name } = await loadModel("builtin");
    const sizes = { blockCount: 64, blockSize: 16, maxTokens: 64, maxRequests: 8, threads: 0 };
    await using alone = new Engine({
      backend: await createCpuBackend({ model, ...sizes }),
      tokenizer,
      stopTokenIds: eosTokenIds,
    });
    const engine = await openWorker({ kind: "builtin" });
    expect(engine.info).toEqual({ name, contextLength: model.config.contextLength });
    const prompts = ["Once upon a time", "The old lighthouse", "é ö 漢字"];
    const answersOf = (client: EngineClient) =>
      Promise.all(
        prompts.map(async (prompt, seed) => {
          const sampling = { temperature: 0.8, seed, logprobs: 1 };
          const { text, tokenIds, logprobs } = await (
            await client.submit({ prompt, maxTokens: 16, sampling })
          ).completion();
          return { text, tokenIds, logprobs };
        }),
      );
    expect(await answersOf(engine)).toEqual(await answersOf(alone));
    expect(Array.from(await engine.tokenize({ prompt: prompts[2] }))).toEqual(tokenizer.encode(prompts[2]));
    expect(await engine.detokenize(tokenizer.encode("Once"))).toBe("Once");
    await engine.dispose();
  });

  test("of a beam search are the engine's", async () => {
    const { engine: alone } = setUp();
    const { engine } = await setUpPort();
    const search = { promptTokenIds: [7], width: 3, maxTokens: 5 };
    expect(await engine.beamSearch(search)).toEqual(await alone.beamSearch(search));
    await alone.dispose();
    await engine.dispose();
  });

  test("come one message a step", async () => {
    const { engine, port } = await setUpPort();
    let batches = 0;
    port.on("message", ({ type }: { type: string }) => (batches += type === "batch" ? 1 : 0));
    const streams = await Promise.all(
      Array.from({ length: 8 }, (_, n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 20 })),
    );
    await Promise.all(streams.map((stream) => stream.completion()));
    expect(batches).toBeLessThanOrEqual((await engine.stats()).steps);
    await engine.dispose();
  });
});

describe("errors keep their class and code", () => {
  test("of requests that are not taken in", async () => {
    const { engine, backend } = await setUpPort({ maxWaitingRequests: 2 });
    await expect(engine.submit({ promptTokenIds: [], maxTokens: 1 })).rejects.toThrow(InvalidRequestError);
    await expect(engine.submit({ promptTokenIds: new Array(300).fill(1), maxTokens: 1 })).rejects.toSatisfy(
      (error) => error instanceof InfeasibleRequestError && error.code === "infeasible_request",
    );
    backend.hold();
    const streams = Array.from({ length: 20 }, () => engine.submit({ promptTokenIds: [1, 2], maxTokens: 3 }));
    const outcomes = await Promise.allSettled(streams);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toBeInstanceOf(QueueFullError);
    backend.release();
    await engine.dispose();
  });

  test("of requests whose steps fail, with the cause", async () => {
    const { engine } = await setUpPort({}, { fails: () => new RangeError("the step is out of luck") });
    const { finishReason, error } = await (await engine.submit({ promptTokenIds: [1], maxTokens: 2 })).completion();
    expect([finishReason, error]).toEqual(["error", expect.any(StepFailedError)]);
    expect(error!.cause).toEqual(new RangeError("the step is out of luck"));
    await engine.dispose();
  });

  test("of requests that run out of time, by the engine's clock", async () => {
    const { engine, backend } = await setUpPort();
    backend.hold();
    // The request is submitted before its deadline on a busy machine too.
    const stream = await engine.submit({ promptTokenIds: [1], maxTokens: 2, deadline: engine.now() + 1 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    backend.release();
    expect((await stream.completion()).error).toBeInstanceOf(TimeoutError);
    await engine.dispose();
  });

  test("of an engine that cannot be made", async () => {
    const make = (): never => {
      throw new InvalidModelError("config.json is missing");
    };
    await expect(openPort(make)).rejects.toEqual(new InvalidModelError("config.json is missing"));
  });

  test("of what is no plain data, which names the reason", async () => {
    const { engine } = await setUpPort();
    const request = { promptTokenIds: [1], maxTokens: 1, client: (() => 1) as unknown as string };
    await expect(engine.submit(request)).rejects.toThrow(InvalidRequestError);
    await expect(engine.submit(request)).rejects.toThrow("plain data");
    await expect(engine.submit({ promptTokenIds: [1], maxTokens: 1, signal: {} as AbortSignal })).rejects.toThrow(
      "signal must be an AbortSignal",
    );
    await engine.dispose();
  });

  test("after dispose, which may be called again", async () => {
    const { engine, backend } = await setUpPort();
    const stream = await engine.submit({ promptTokenIds: [1], maxTokens: 100 });
    await engine.dispose();
    await engine[Symbol.asyncDispose]();
    expect((await stream.completion()).finishReason).toBe("abort");
    expect(backend.disposals).toBe(1);
    await expect(engine.submit({ promptTokenIds: [1], maxTokens: 1 })).rejects.toThrow(DisposedError);
    await expect(engine.stats()).rejects.toThrow(DisposedError);
  });
});

describe("leaving frees the blocks before the next step", () => {
  test.each(["signal", "abort", "return"] as const)("by %s", async (way) => {
    const { engine, inner } = await setUpPort();
    const controller = new AbortController();
    const stream = await engine.submit({ promptTokenIds: [1, 2], maxTokens: 150, signal: controller.signal });
    await stream.next();
    if (way === "signal") controller.abort("enough");
    else if (way === "abort") await engine.abort(stream.id);
    else await stream.return();
    const { finishReason, tokenIds } = await stream.completion();
    expect(finishReason).toBe("abort");
    expect(tokenIds.length).toBeLessThan(150);
    expect(inner.stats().heldBlocks).toBe(0);
    if (way === "signal") await expect(readAll(stream)).rejects.toBe("enough");
    await engine.dispose();
  });

  test("a signal that is aborted already, of a request and of a search", async () => {
    const { engine } = await setUpPort();
    const signal = AbortSignal.abort("late");
    const stream = await engine.submit({ promptTokenIds: [1], maxTokens: 100, signal });
    expect((await stream.completion()).finishReason).toBe("abort");
    await expect(engine.beamSearch({ promptTokenIds: [1], maxTokens: 9, width: 2, signal })).rejects.toBe("late");
    await engine.dispose();
  });
});

test("all other methods reach the engine", async () => {
  const { engine, inner } = await setUpPort({ tokenizer: byteTokenizer });
  await engine.freeze();
  const stream = await engine.submit({ promptTokenIds: promptOf(2), maxTokens: 5 });
  expect(await engine.explain(stream.id)).toEqual(inner.explain(stream.id));
  expect([await engine.pause(stream.id), await engine.pause(stream.id)]).toEqual([true, false]);
  await engine.unfreeze();
  expect(await engine.resume(stream.id)).toBe(true);
  await stream.completion();
  const prompt = { promptTokenIds: promptOf(2) };
  expect(await engine.cachedTokens(prompt)).toBe(inner.cachedTokens(prompt));
  expect(await engine.cachedTokens(prompt)).toBeGreaterThan(0);
  await engine.resetPrefixCache();
  expect(await engine.cachedTokens(prompt)).toBe(0);
  expect(await engine.stats()).toEqual(inner.stats());
  expect(engine.now()).toBeLessThanOrEqual(inner.now());
  await engine.dispose();
});

test("events of steps and of the cache arrive, in order", async () => {
  const steps: StepEvent[] = [];
  const kvEvents: KvEvent[] = [];
  const listeners = {
    onStep: (event: StepEvent) => void steps.push(event),
    onKvEvent: (event: KvEvent) => void kvEvents.push(event),
  };
  const { engine, inner } = await setUpPort({}, {}, listeners);
  await (await engine.submit({ promptTokenIds: promptOf(5), maxTokens: 9 })).completion();
  await engine.stats();
  await someTurns();
  expect(steps.map(({ index }) => index)).toEqual(steps.map((_, i) => i));
  expect(steps.reduce((sum, { tokenCount }) => sum + tokenCount, 0)).toBe(inner.stats().scheduledTokens);
  expect(kvEvents).toEqual(inner.scheduler.kv.snapshot());
  await engine.dispose();
});

describe("a worker", () => {
  test("that dies ends each stream and call with a WorkerLostError", async () => {
    let lost: unknown = null;
    const worker = new Worker(new URL("../support/engine-worker.ts", import.meta.url));
    const init: WorkerInit = { kind: "dies", inStep: 4 };
    const engine = await createWorkerEngine(worker, { init, onLost: (error) => (lost = error) });
    const streams = await Promise.all(
      [0, 1, 2].map((n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 30, n: 2 })),
    );
    for (const stream of streams) {
      const { choices } = await stream.completion();
      for (const { error, finishReason } of choices) {
        expect([finishReason, error]).toEqual(["error", expect.any(WorkerLostError)]);
      }
      await expect(readAll(stream)).rejects.toThrow("it ended with code 3");
    }
    expect(lost).toMatchObject({ code: "worker_lost" });
    await expect(engine.stats()).rejects.toThrow(WorkerLostError);
    await engine.dispose();
  });

  test("that does not start is told as such", async () => {
    const worker = new Worker("throw new Error('no model here')", { eval: true });
    await expect(createWorkerEngine(worker)).rejects.toThrow(/worker that runs the engine is gone: .*no model here/);
  });

  test("that a step blocks does not block this thread", async () => {
    const word = new SharedArrayBuffer(4);
    const engine = await openWorker({ kind: "blocks", word });
    const stream = await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 3 });
    // The step cannot end before this thread, which goes on, says so.
    await someTurns();
    Atomics.store(new Int32Array(word), 0, 1);
    Atomics.notify(new Int32Array(word), 0);
    expect((await stream.completion()).tokenIds).toEqual(expectedOf(1, 3));
    await engine.dispose();
  });
});
