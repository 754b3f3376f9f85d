import { expect, test } from "vitest";
import { NO_USAGE, TokenStream } from "../../src/engine/token-stream.ts";
import { StepFailedError } from "../../src/errors.ts";
import type { Batch } from "../../src/worker/messages.ts";
import { Outbox } from "../../src/worker/outbox.ts";

const timing = { submittedAt: 1, admittedAt: 1, firstTokenAt: 2, finishedAt: 3 };
const end = { timing, stop: "END", usage: { ...NO_USAGE, outputTokens: 3 }, seed: 5 };

function setUp() {
  const batches: Batch[] = [];
  const outbox = new Outbox(
    (batch) => batches.push(batch),
    () => 7,
  );
  const streams = ["a", "b"].map((id, call) => {
    const stream = new TokenStream({ id, promptTokenIds: new Int32Array([1]), abort: () => {}, n: 2 });
    outbox.follow(stream, call);
    return stream;
  });
  return { outbox, batches, streams };
}

/** A turn in which one step would be told. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what comes in one turn is one batch, deltas in the order of the news", async () => {
  const { batches, streams } = setUp();
  await turn();
  streams[1].push(5, "x", { logprob: -1, top: [] });
  streams[0].push(6, "y");
  streams[1].push(7, "z", { logprob: -2, top: [] });
  streams[1].end("!", "error", new StepFailedError("no luck"), end, 1);
  await turn();
  expect(batches).toHaveLength(1);
  const [{ deltas, now }] = batches;
  expect(now).toBe(7);
  expect(deltas.map(({ call, choice, tokenIds, text }) => [call, choice, tokenIds, text])).toEqual([
    [1, 0, [5, 7], "xz"],
    [1, 1, [], "!"],
    [0, 0, [6], "y"],
  ]);
  expect(deltas[0].logprobs!.map(({ logprob }) => logprob)).toEqual([-1, -2]);
  expect(deltas[1].end).toMatchObject({ finishReason: "error", ...end, error: { name: "StepFailedError" } });
});

test("a client that takes nothing in gets four batches, and then all that came meanwhile in one", async () => {
  const { outbox, batches, streams } = setUp();
  for (let id = 0; id < 20; id++) {
    streams[0].push(id, String(id));
    await turn();
  }
  expect(batches).toHaveLength(4);
  outbox.noteTaken();
  await turn();
  expect(batches).toHaveLength(5);
  expect(batches.flatMap(({ deltas }) => deltas.flatMap(({ tokenIds }) => tokenIds))).toEqual(
    Array.from({ length: 20 }, (_, id) => id),
  );
  expect(batches[4].deltas).toHaveLength(1);
});

test("events that nobody takes in have a limit: then the cache counts as empty", async () => {
  const { outbox, batches } = setUp();
  const stored = (block: number) => ({ type: "removed", block, group: 0, tier: "device" }) as const;
  const step = { index: 0, tokenCount: 1, requestCount: 1, sampleCount: 1, tokenBudget: 1 };
  for (let i = 0; i < 4; i++) {
    outbox.noteKvEvent(stored(i));
    await turn();
  }
  for (let i = 4; i <= 65_540; i++) {
    outbox.noteKvEvent(stored(i));
    outbox.noteStep({ ...step, startedAt: 0, seconds: 0, hostSeconds: 0 });
  }
  outbox.noteTaken();
  await turn();
  expect(batches).toHaveLength(5);
  expect(batches[4].kvEvents.slice(0, 3)).toEqual([
    { type: "cleared", tier: "device" },
    { type: "cleared", tier: "host" },
    stored(65_540),
  ]);
  expect(batches[4].steps.length).toBeLessThan(10);
});
