import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions, EngineRequest, PromptInput, StepEvent } from "../../src/engine/options.ts";
import { DeviceLostError, DisposedError, StepFailedError, TimeoutError } from "../../src/errors.ts";
import { expectedOf, promptOf, readAll, setUp, someTurns } from "../support/engines.ts";
import { answering, byteTokenizer } from "../support/scripted-backend.ts";

describe("streams", () => {
  test("each gets its own answer, in order, whatever runs beside it", async () => {
    const { engine } = setUp();
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].map((n) => readAll(engine.submit({ promptTokenIds: promptOf(n), maxTokens: 10 + n }))),
    );
    for (const [n, { tokenIds, finishReason }] of answers.entries()) {
      expect([tokenIds, finishReason]).toEqual([expectedOf(n, 10 + n), "length"]);
    }
    expect(engine.stats()).toMatchObject({ finished: 5, heldBlocks: 0, running: 0, waiting: 0 });
    await engine.dispose();
  });

  test("200 requests at once all get theirs, through a pool in which they have to make room for each other", async () => {
    const { engine } = setUp({ blockCount: 20 });
    const streams = Array.from({ length: 200 }, (_, n) =>
      engine.submit({ promptTokenIds: promptOf(n), maxTokens: 1 + (n % 12) }),
    );
    const answers = await Promise.all(streams.map((stream) => stream.completion()));
    for (const [n, { tokenIds }] of answers.entries()) expect(tokenIds).toEqual(expectedOf(n, 1 + (n % 12)));
    expect(engine.stats().preemptions).toBeGreaterThan(0);
    await engine.dispose();
  });

  test("one that nobody reads holds up nobody, and its answer is there when somebody does", async () => {
    const { engine } = setUp();
    const unread = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 30 });
    await readAll(engine.submit({ promptTokenIds: promptOf(2), maxTokens: 40 }));
    expect(await readAll(unread)).toMatchObject({ tokenIds: expectedOf(1, 30), deltas: 1 });
    await engine.dispose();
  });

  test("a request that comes while others run joins them", async () => {
    const { engine } = setUp();
    const first = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 30 });
    await first.next();
    const second = engine.submit({ promptTokenIds: promptOf(2), maxTokens: 5 });
    expect((await second.completion()).tokenIds).toEqual(expectedOf(2, 5));
    expect(engine.explain(first.id)?.state).toBe("running");
    expect((await first.completion()).tokenIds).toEqual(expectedOf(1, 30));
    await engine.dispose();
  });

  test("an idle engine starts again, and has nothing in flight meanwhile", async () => {
    const { engine } = setUp();
    for (const n of [1, 2]) {
      expect(
        (
          await engine
            .submit({ promptTokenIds: promptOf(n), maxTokens: 3, stopTokenIds: [expectedOf(n, 3)[1]] })
            .completion()
        ).tokenIds,
      ).toEqual(expectedOf(n, 2));
      await someTurns();
      expect(engine.stats()).toMatchObject({ plansInFlight: 0, heldBlocks: 0 });
    }
    await engine.dispose();
  });

  test("two engines side by side know nothing of each other", async () => {
    const [a, b] = [setUp().engine, setUp({ tokenBudget: 1 }).engine];
    const [first, second] = await Promise.all(
      [a, b].map((engine) => engine.submit({ id: "x", promptTokenIds: promptOf(3), maxTokens: 20 }).completion()),
    );
    expect([first.tokenIds, second.tokenIds]).toEqual([expectedOf(3, 20), expectedOf(3, 20)]);
    await a.dispose();
    expect((await b.submit({ promptTokenIds: promptOf(4), maxTokens: 2 }).completion()).tokenIds).toEqual(
      expectedOf(4, 2),
    );
    await b.dispose();
  });

  test("times are the clock's", async () => {
    let now = 100;
    const { engine } = setUp({ clock: () => now++ });
    const { timing } = await engine.submit({ promptTokenIds: [1], maxTokens: 2 }).completion();
    expect(timing.submittedAt).toBe(100);
    expect(timing.admittedAt).toBeGreaterThan(100);
    expect(timing.firstTokenAt).toBeGreaterThan(timing.admittedAt!);
    expect(timing.finishedAt).toBeGreaterThan(timing.firstTokenAt!);
    await engine.dispose();
  });

  test("onStep tells of every step", async () => {
    const steps: StepEvent[] = [];
    const { engine } = setUp({ onStep: (step) => steps.push(step), tokenBudget: 3 });
    await engine.submit({ promptTokenIds: [1, 2, 3, 4], maxTokens: 2 }).completion();
    expect(
      steps.map(({ index, tokenCount, requestCount, sampleCount, tokenBudget }) => [
        index,
        tokenCount,
        requestCount,
        sampleCount,
        tokenBudget,
      ]),
    ).toEqual([
      [0, 3, 1, 0, 3],
      [1, 1, 1, 1, 3],
      [2, 1, 1, 1, 3],
    ]);
    for (const { seconds, hostSeconds } of steps) expect(Math.min(seconds, hostSeconds)).toBeGreaterThanOrEqual(0);
    await engine.dispose();
  });

  test("a step that waits for the one before it has begun when that one was done", async () => {
    let now = 0;
    const steps: StepEvent[] = [];
    const { engine, backend } = setUp({ clock: () => now, onStep: (step) => steps.push(step) });
    backend.hold();
    const answer = engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 3 }).completion();
    await someTurns(); // two steps are handed over at 0
    now = 10;
    backend.release();
    await answer;
    expect(steps.map(({ startedAt, seconds }) => [startedAt, seconds])).toEqual([
      [0, 10],
      [10, 0],
      [10, 0],
    ]);
    await engine.dispose();
  });
});

describe("leaving", () => {
  test("an AbortSignal that is set already ends the request before it begins", async () => {
    const { engine, backend } = setUp();
    const stream = engine.submit({ promptTokenIds: [1], maxTokens: 5, signal: AbortSignal.abort() });
    expect(await stream.completion()).toMatchObject({ tokenIds: [], finishReason: "abort", error: null });
    await someTurns();
    expect([backend.executed, engine.stats().aborted]).toEqual([0, 1]);
    await engine.dispose();
  });

  test("an AbortSignal ends a running request, with what it had, and no other", async () => {
    const { engine } = setUp();
    const controller = new AbortController();
    const other = engine.submit({ promptTokenIds: promptOf(2), maxTokens: 30 });
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 100, signal: controller.signal });
    const { value } = await stream.next();
    controller.abort();
    expect(engine.explain(stream.id)).toBeUndefined();
    const { tokenIds, finishReason } = await stream.completion();
    expect([finishReason, tokenIds]).toEqual(["abort", expectedOf(1, 100).slice(0, tokenIds.length)]);
    expect(tokenIds.slice(0, value!.tokenIds.length)).toEqual(value!.tokenIds);
    expect((await other.completion()).tokenIds).toEqual(expectedOf(2, 30));
    await engine.dispose();
  });

  test("a signal that comes after the end changes nothing", async () => {
    const { engine } = setUp();
    const controller = new AbortController();
    await engine.submit({ id: 5, promptTokenIds: [1], maxTokens: 2, signal: controller.signal }).completion();
    const later = engine.submit({ id: 5, promptTokenIds: promptOf(2), maxTokens: 9 });
    controller.abort();
    expect((await later.completion()).tokenIds).toEqual(expectedOf(2, 9));
    await engine.dispose();
  });

  test("a reader that leaves gives the blocks back before return() is done", async () => {
    const { engine } = setUp();
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 100 });
    await stream.next();
    expect(engine.stats().heldBlocks).toBeGreaterThan(0);
    await stream.return();
    expect(engine.stats()).toMatchObject({ heldBlocks: 0, running: 0, aborted: 1 });
    const second = engine.submit({ promptTokenIds: promptOf(2), maxTokens: 100 });
    for await (const _ of second) break;
    expect(engine.stats()).toMatchObject({ heldBlocks: 0, running: 0, aborted: 2 });
    await engine.dispose();
  });

  test("abort of an unknown id, or of one that ended, is nothing", async () => {
    const { engine } = setUp();
    engine.abort("nobody");
    const stream = engine.submit({ id: "a", promptTokenIds: [1], maxTokens: 1 });
    await stream.completion();
    engine.abort("a");
    expect((await stream.completion()).finishReason).toBe("length");
    await engine.dispose();
  });

  test("a paused request waits without blocks, and goes on where it was", async () => {
    const { engine } = setUp();
    const stream = engine.submit({ id: "a", promptTokenIds: promptOf(1), maxTokens: 40 });
    await stream.next();
    expect([engine.pause("a"), engine.pause("a"), engine.stats().heldBlocks, engine.explain("a")?.state]).toEqual([
      true,
      false,
      0,
      "paused",
    ]);
    await someTurns();
    expect(engine.stats()).toMatchObject({ paused: 1, plansInFlight: 0 });
    expect([engine.resume("a"), engine.resume("a")]).toEqual([true, false]);
    expect((await stream.completion()).tokenIds).toEqual(expectedOf(1, 40));
    await engine.dispose();
  });
});

describe("freezing", () => {
  test("plans no further step, and keeps the blocks; afterwards all goes on", async () => {
    const { engine, backend } = setUp();
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 30 });
    await stream.next();
    engine.freeze();
    await someTurns();
    const { executed } = backend;
    const late = engine.submit({ promptTokenIds: promptOf(2), maxTokens: 3 });
    await someTurns();
    expect([
      backend.executed,
      engine.stats().plansInFlight,
      engine.stats().heldBlocks > 0,
      engine.explain(late.id)?.state,
    ]).toEqual([executed, 0, true, "waiting"]);
    engine.unfreeze();
    expect([(await stream.completion()).tokenIds, (await late.completion()).tokenIds]).toEqual([
      expectedOf(1, 30),
      expectedOf(2, 3),
    ]);
    await engine.dispose();
  });

  test("a frozen engine asks for no timer, can be left and disposed", async () => {
    let now = 0;
    const waits: number[] = [];
    const { engine } = setUp({
      clock: () => now,
      timer: (seconds, wake) => (waits.push(seconds), setImmediate(wake), () => {}),
    });
    engine.freeze();
    const streams = [1, 2].map((n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 3, deadline: 5 }));
    now = 9;
    await someTurns();
    await streams[0].return();
    await engine.dispose();
    expect([waits, (await streams[1].completion()).finishReason]).toEqual([[], "abort"]);
  });
});

describe("time", () => {
  test("a deadline ends a paused request, too: the engine wakes for it", async () => {
    let now = 0;
    let wakeUp = (): void => {};
    const { engine } = setUp({
      clock: () => now,
      timer: (seconds, wake) => ((wakeUp = () => ((now += seconds), wake())), () => {}),
    });
    const stream = engine.submit({ id: 1, promptTokenIds: [1], maxTokens: 100, deadline: 50 });
    engine.pause(1);
    await someTurns();
    wakeUp();
    expect(await stream.completion()).toMatchObject({
      finishReason: "error",
      error: new TimeoutError("request 1: deadline 50 has passed, it is 50"),
      timing: { admittedAt: null, finishedAt: 50 },
    });
    await engine.dispose();
  });

  test("now() is the clock that deadlines are on, and never goes back", async () => {
    const times = [7, 5, 8];
    const { engine } = setUp({ clock: () => times.shift() ?? 8 });
    expect([engine.now(), engine.now(), engine.now()]).toEqual([7, 7, 8]);
    const { error } = await engine
      .submit({ promptTokenIds: [1], maxTokens: 2, deadline: engine.now() + 1 })
      .completion();
    expect(error).toBeNull();
    await engine.dispose();
  });

  test("a queue timeout ends a request that waits while others run", async () => {
    let now = 0;
    const { engine } = setUp({ maxRequests: 1, clock: () => now, onStep: () => now++ });
    const first = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 30 });
    const late = engine.submit({ id: "late", promptTokenIds: promptOf(2), maxTokens: 30, queueTimeout: 5 });
    expect((await late.completion()).error).toEqual(
      new TimeoutError("request late: queue timeout at 5 has passed, it is 5"),
    );
    expect((await first.completion()).tokenIds).toEqual(expectedOf(1, 30));
    await engine.dispose();
  });
});

describe("ends", () => {
  const text = (
    request: Omit<Partial<EngineRequest>, keyof PromptInput>,
    answer: string,
    options: Partial<EngineOptions> = {},
  ) => {
    const { engine } = setUp({ tokenizer: byteTokenizer, ...options }, { tokenAfter: answering(answer) });
    return { engine, stream: engine.submit({ prompt: "?", maxTokens: 60, ...request }) };
  };

  test("a stop string over several tokens ends the text before it", async () => {
    const { engine, stream } = text({ stop: ["\n\nUser", "END"] }, "One\n\nUse it. ENDless");
    expect(await readAll(stream)).toMatchObject({ text: "One\n\nUse it. ", finishReason: "stop" });
    expect(engine.stats()).toMatchObject({ heldBlocks: 0, finished: 1 });
    await engine.dispose();
  });

  test("a stop string that is complete with the last token that is allowed is a stop", async () => {
    const { engine, stream } = text({ stop: ["END"], maxTokens: 6 }, "abcEND");
    expect(await stream.completion()).toMatchObject({ text: "abc", finishReason: "stop" });
    await engine.dispose();
  });

  test("the beginning of a stop string is text after all where nothing comes of it", async () => {
    const { engine, stream } = text({ stop: ["END"], maxTokens: 5 }, "abcEN");
    expect(await stream.completion()).toMatchObject({ text: "abcEN", finishReason: "length" });
    await engine.dispose();
  });

  test("the engine's and the request's stop ids end it, and are no text", async () => {
    const ids = { engine: "!".charCodeAt(0), request: ".".charCodeAt(0) };
    const answers = async (request: Omit<Partial<EngineRequest>, keyof PromptInput>) => {
      const { engine, stream } = text(request, "One! Two. Three", { stopTokenIds: [ids.engine] });
      const { text: produced, finishReason, tokenIds } = await stream.completion();
      await engine.dispose();
      return [produced, finishReason, tokenIds.at(-1)];
    };
    expect(await answers({})).toEqual(["One", "stop", ids.engine]);
    expect(await answers({ stopTokenIds: [ids.request] })).toEqual(["One", "stop", ids.engine]);
    expect(await answers({ stopTokenIds: [ids.request], ignoreStopTokenIds: true })).toEqual([
      "One! Two",
      "stop",
      ids.request,
    ]);
    expect(await answers({ ignoreStopTokenIds: true, maxTokens: 7 })).toEqual(["One! Tw", "length", "w".charCodeAt(0)]);
  });

  test("log probabilities stand beside their tokens", async () => {
    const { engine, stream } = text({ maxTokens: 3, sampling: { logprobs: 2 } }, "abc");
    const top = [
      { tokenId: 0, logprob: -0 },
      { tokenId: 1, logprob: -1 },
    ];
    expect((await stream.completion()).logprobs).toEqual([
      { logprob: -1, top },
      { logprob: -2, top },
      { logprob: -3, top },
    ]);
    expect((await engine.submit({ prompt: "?", maxTokens: 3 }).completion()).logprobs).toBeUndefined();
    await engine.dispose();
  });
});

describe("a failing backend", () => {
  const ids = [1, 2, 3];
  const answersOf = (engine: Engine) =>
    Promise.all(ids.map((n) => engine.submit({ id: n, promptTokenIds: promptOf(n), maxTokens: 12 }).completion()));

  test("that fails once costs nobody anything", async () => {
    for (const failing of [0, 1, 2, 5]) {
      const { engine } = setUp(
        {},
        { fails: (_plan, executed) => (executed === failing ? new Error("hiccup") : undefined) },
      );
      for (const { id, tokenIds } of await answersOf(engine)) expect(tokenIds).toEqual(expectedOf(Number(id), 12));
      expect(engine.stats()).toMatchObject({ rollbacks: 1, finished: 3, heldBlocks: 0 });
      await engine.dispose();
    }
  });

  test("that always fails on one request ends that one alone", async () => {
    const poison = promptOf(2)[0];
    const { engine } = setUp(
      {},
      {
        fails: (plan) =>
          plan.tokenIds.subarray(0, plan.tokenCount).includes(poison) ? new Error("cannot do this") : undefined,
      },
    );
    const answers = await answersOf(engine);
    expect(answers.map(({ finishReason }) => finishReason)).toEqual(["length", "error", "length"]);
    const { error } = answers[1];
    expect(error).toEqual(new StepFailedError("4 steps of request 2 failed in a row, the last with it alone"));
    expect(error!.cause).toEqual(new Error("cannot do this"));
    for (const n of [1, 3]) expect(answers[n - 1].tokenIds).toEqual(expectedOf(n, 12));
    expect(engine.stats()).toMatchObject({ failed: 1, finished: 2, heldBlocks: 0 });
    await engine.dispose();
  });
});

const crashing = (error: Error) => (): never => {
  throw error;
};

describe("the end of an engine", () => {
  test("dispose while requests run and wait ends them all, then the backend; twice is once", async () => {
    const { engine, backend } = setUp({ maxRequests: 2 });
    const streams = [1, 2, 3, 4].map((n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 100 }));
    await streams[0].next();
    await Promise.all([engine.dispose(), engine.dispose()]);
    expect(backend.disposals).toBe(1);
    for (const stream of streams) {
      expect(await stream.completion()).toMatchObject({ finishReason: "abort", error: null });
    }
    expect(engine.stats()).toMatchObject({ heldBlocks: 0, running: 0, waiting: 0, plansInFlight: 0 });
  });

  test("dispose waits for the steps in flight before it gives the backend back", async () => {
    const { engine, backend } = setUp();
    backend.hold();
    const stream = engine.submit({ promptTokenIds: [1], maxTokens: 9 });
    await someTurns();
    const done = engine.dispose();
    await someTurns();
    expect([backend.executed, backend.disposals, (await stream.completion()).finishReason]).toEqual([2, 0, "abort"]);
    backend.release();
    await done;
    expect(backend.disposals).toBe(1);
  });

  test("dispose of an engine that never ran, and of one where all is paused", async () => {
    const fresh = setUp();
    await fresh.engine.dispose();
    expect(fresh.backend.disposals).toBe(1);
    const { engine } = setUp();
    const stream = engine.submit({ id: 1, promptTokenIds: [1], maxTokens: 9 });
    engine.pause(1);
    await someTurns();
    await engine.dispose();
    expect((await stream.completion()).finishReason).toBe("abort");
  });

  test("await using disposes", async () => {
    const { engine, backend } = setUp();
    await (async () => {
      await using used = engine;
      await used.submit({ promptTokenIds: [1], maxTokens: 1 }).completion();
    })();
    expect(backend.disposals).toBe(1);
  });

  test("afterwards it takes no request, and all else still answers", async () => {
    const { engine } = setUp();
    await engine.dispose();
    expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 1 })).toThrow(
      new DisposedError("submit() on an engine that was disposed"),
    );
    engine.abort(1);
    expect([engine.pause(1), engine.resume(1), engine.explain(1), engine.stats().submitted]).toEqual([
      false,
      false,
      undefined,
      0,
    ]);
  });

  test("a crash of the caller's onStep ends every stream with it and hangs nobody", async () => {
    const crash = new Error("a bug of the dashboard");
    const { engine, backend } = setUp({ maxRequests: 2, onStep: crashing(crash) });
    const streams = [1, 2, 3].map((n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 50 }));
    const read1 = readAll(streams[0]).catch((error: unknown) => error);
    for (const stream of streams) {
      expect(await stream.completion()).toMatchObject({ finishReason: "error", error: crash });
    }
    expect(await read1).toBe(crash);
    expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 1 })).toThrow(DisposedError);
    await engine.dispose();
    expect(backend.disposals).toBe(1);
  });

  test("answers that nobody waits for leave no rejection behind", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const lost = setUp({}, { fails: () => new DeviceLostError("unplugged") });
    // The second step fails when a crash has already ended everything.
    const crashed = setUp(
      { onStep: crashing(new Error("a bug")) },
      { fails: (_plan, executed) => (executed === 1 ? new Error("hiccup") : undefined) },
    );
    for (const { engine } of [lost, crashed]) {
      for (const n of [1, 2]) engine.submit({ promptTokenIds: promptOf(n), maxTokens: 5 });
      await someTurns();
      await engine.dispose();
    }
    await someTurns();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

test("tokenize gives the ids that submit would make, and detokenize their text", async () => {
  const { engine } = setUp({ tokenizer: byteTokenizer });
  expect(engine.tokenize({ prompt: "ab" })).toEqual([97, 98]);
  expect(engine.detokenize([97, 98])).toBe("ab");
  expect(() => setUp().engine.detokenize([1])).toThrow("token ids need an engine with a tokenizer");
  await engine.dispose();
});
