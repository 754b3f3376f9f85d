import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import type { TokenStream } from "../../src/engine/token-stream.ts";
import { InvalidResultError } from "../../src/errors.ts";
import { expectedOf, promptOf, setUp, someTurns } from "../support/engines.ts";
import { byteTokenizer } from "../support/scripted-backend.ts";

const crashing = (error: Error) => (): never => {
  throw error;
};

describe("what is plugged in and fails", () => {
  test("a host tier whose moves fail is not used, and nobody notices", async () => {
    const { engine, backend } = setUp({ blockCount: 20 }, { info: { hostBlockCount: 30 } });
    backend.readBlocks = () => Promise.reject(new Error("cannot read"));
    const streams = Array.from({ length: 30 }, (_, n) => engine.submit({ promptTokenIds: promptOf(n), maxTokens: 8 }));
    for (const [n, stream] of streams.entries()) expect((await stream.completion()).tokenIds).toEqual(expectedOf(n, 8));
    expect(engine.scheduler.kv.prefixes.host.storedCount).toBe(0);
    await engine.dispose();
  });

  test("a backend that throws where it should reject has a failed step; an assertion is a bug", async () => {
    let throws: Error | null = new Error("hiccup");
    const { engine, backend } = setUp();
    const execute = backend.execute.bind(backend);
    backend.execute = (plan) => {
      const error = throws;
      throws = null;
      if (error !== null) throw error;
      return execute(plan);
    };
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 9 }).completion()).tokenIds).toEqual(
      expectedOf(1, 9),
    );
    throws = new AssertionError("a law of the backend's");
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 9 }).completion()).error).toBeInstanceOf(
      AssertionError,
    );
    await engine.dispose();
  });

  test("a backend that gives fewer ids than were asked for is a bug, and nobody gets a token made up of nothing", async () => {
    const { engine, backend } = setUp();
    const execute = backend.execute.bind(backend);
    backend.execute = async (plan) => ({ ...(await execute(plan)), tokenIds: new Int32Array(0) });
    const { error, tokenIds } = await engine.submit({ promptTokenIds: [1], maxTokens: 5 }).completion();
    expect([error?.name, error?.cause, tokenIds]).toEqual(["StepFailedError", expect.any(InvalidResultError), []]);
    expect((error!.cause as Error).message).toMatch(/^backend scripted gave 0 ids for the 1 samples of plan \d+$/);
    await engine.dispose();
  });

  test("a tokenizer that throws ends the one request", async () => {
    const failing = "b".charCodeAt(0);
    const tokenBytes = (id: number): Uint8Array =>
      id === failing ? crashing(new Error("no such id"))() : byteTokenizer.tokenBytes(id);
    const { engine } = setUp(
      { tokenizer: { ...byteTokenizer, tokenBytes } },
      { tokenAfter: (position) => (position === 4 ? failing : 97) },
    );
    const [short, long] = [3, 9].map((maxTokens) => engine.submit({ prompt: "??", maxTokens }));
    expect(await short.completion()).toMatchObject({ text: "aaa", finishReason: "length" });
    expect(await long.completion()).toMatchObject({
      text: "aaa",
      finishReason: "error",
      error: new Error("no such id"),
    });
    expect(engine.stats()).toMatchObject({ finished: 1, failed: 1, heldBlocks: 0 });
    expect(() => engine.submit({ prompt: "b", maxTokens: 1 })).toThrow("no such id");
    expect((await engine.submit({ prompt: "?", maxTokens: 1 }).completion()).text).toBe("a");
    await engine.dispose();
  });

  test("a crash with a backend whose dispose fails leaves no rejection behind, but tells who disposes", async () => {
    const { engine, backend } = setUp({ onStep: crashing(new Error("a bug")) });
    backend.dispose = () => Promise.reject(new Error("stuck"));
    expect((await engine.submit({ promptTokenIds: [1], maxTokens: 5 }).completion()).error).toEqual(new Error("a bug"));
    await someTurns();
    await expect(engine.dispose()).rejects.toThrow("stuck");
  });
});

describe("callbacks may call the engine", () => {
  test("onKvEvent may submit, abort and look things up: it comes after the scheduler's call", async () => {
    const types: string[] = [];
    const more: Promise<unknown>[] = [];
    const { engine } = setUp({
      blockCount: 12,
      onKvEvent: (event) => {
        types.push(event.type);
        engine.scheduler.checkInvariants();
        engine.cachedTokens({ promptTokenIds: promptOf(1) });
        if (more.length < 20) {
          more.push(
            engine
              .submit({ id: `more ${more.length}`, promptTokenIds: promptOf(more.length), maxTokens: 9 })
              .completion(),
          );
        } else engine.abort("more 19");
      },
    });
    await engine.submit({ promptTokenIds: promptOf(2), maxTokens: 9 }).completion();
    while (more.length < 20) await someTurns();
    await Promise.all(more);
    expect(new Set(types)).toEqual(new Set(["stored", "removed"]));
    expect(engine.stats().heldBlocks).toBe(0);
    await engine.dispose();
  });

  test("what is done to the scheduler directly is told, and harms nobody", async () => {
    const types: string[] = [];
    const { engine } = setUp({ onKvEvent: ({ type }) => types.push(type) });
    const stream = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 20 });
    engine.scheduler.submit({ id: "direct", promptTokenIds: promptOf(2), maxTokens: 3 }, engine.now());
    expect((await stream.completion()).tokenIds).toEqual(expectedOf(1, 20));
    await someTurns();
    types.length = 0;
    expect(engine.scheduler.resetPrefixCache()).toBe(true);
    await someTurns();
    expect(new Set(types)).toEqual(new Set(["cleared"]));
    await engine.dispose();
  });

  test("onStep may submit, leave and dispose", async () => {
    const streams: TokenStream[] = [];
    const { engine, backend } = setUp({
      onStep: ({ index }) => {
        if (index < 3) streams.push(engine.submit({ promptTokenIds: promptOf(index), maxTokens: 50 }));
        else if (index === 3) void streams[0].return();
        else void engine.dispose();
      },
    });
    streams.push(engine.submit({ promptTokenIds: promptOf(9), maxTokens: 50 }));
    while (backend.disposals === 0) await someTurns();
    for (const stream of streams) expect((await stream.completion()).finishReason).toBe("abort");
    expect(engine.stats()).toMatchObject({ heldBlocks: 0, running: 0, waiting: 0, plansInFlight: 0 });
  });
});
