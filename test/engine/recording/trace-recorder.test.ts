import { expect, test } from "vitest";
import { TraceRecorder } from "../../../src/engine/recording/trace-recorder.ts";
import { createSimulatedBackend } from "../../../src/backends/simulated/index.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { gpuNamed, modelNamed } from "../../../src/roofline/index.ts";
import { simulate } from "../../../src/sim/index.ts";
import { TraceWorkload } from "../../../src/sim/traces/trace-workload.ts";
import { promptOf, setUp, someTurns } from "../../support/engines.ts";

interface Row {
  readonly timestamp: number;
  readonly input_length: number;
  readonly output_length: number;
  readonly piece_tokens: number;
  readonly hash_ids: readonly number[];
  readonly ttft_ms: number;
  readonly e2e_ms: number;
  readonly client?: number;
  readonly priority?: number;
}

function recorded(options: Parameters<typeof setUp>[0] = {}) {
  const lines: string[] = [];
  const { engine } = setUp({ ...options, record: (line) => void lines.push(line) });
  return { engine, lines, rows: () => lines.map((line) => JSON.parse(line) as Row) };
}

const countTo = (length: number, first = 0): number[] => Array.from({ length }, (_, i) => first + i);

async function* chunksOf(text: string): AsyncGenerator<string> {
  yield text;
}

test("rows are in order of arrival, whichever request ends first", async () => {
  const { engine, rows } = recorded();
  const streams = [30, 1, 12].map((maxTokens, n) => engine.submit({ promptTokenIds: promptOf(n + 1), maxTokens }));
  await Promise.all(streams.map((stream) => stream.completion()));
  await someTurns();
  expect(rows().map((row) => row.output_length)).toEqual([30, 1, 12]);
  expect(rows().map((row) => row.input_length)).toEqual([1, 2, 3].map((n) => promptOf(n).length));
  expect(rows()[0].timestamp).toBe(0);
  for (const { ttft_ms: ttft, e2e_ms: e2e } of rows()) expect(0 <= ttft && ttft <= e2e).toBe(true);
  await engine.dispose();
});

test("equal beginnings have equal ids, of whole blocks, within one salt; no token and no name is written", async () => {
  const { engine, lines, rows } = recorded();
  const blockSize = engine.scheduler.kv.blockSize;
  const shared = countTo(2 * blockSize, 40_000);
  const submit = (tail: number, more: object = {}) =>
    engine.submit({ promptTokenIds: [...shared, ...countTo(blockSize + 1, tail)], maxTokens: 2, ...more }).completion();
  await Promise.all([
    submit(41_000, { client: "alice", priority: 3 }),
    submit(42_000, { client: "alice" }),
    submit(42_000, { cacheSalt: "other" }),
    submit(42_000, { skipPrefixCache: true }),
  ]);
  await someTurns();
  const [first, second, salted, uncached] = rows();
  expect(first.piece_tokens).toBe(blockSize);
  expect(first.hash_ids).toHaveLength(3);
  expect(second.hash_ids.slice(0, 2)).toEqual(first.hash_ids.slice(0, 2));
  expect(second.hash_ids[2]).not.toBe(first.hash_ids[2]);
  expect(salted.hash_ids.filter((id) => second.hash_ids.includes(id))).toEqual([]);
  expect(uncached.hash_ids).toEqual([]);
  expect([first.client, first.priority]).toEqual([second.client, 3]);
  expect(lines.join()).not.toMatch(/alice|4[0-2]0\d\d/);
  await engine.dispose();
});

test("another recording of the same requests has other ids", async () => {
  const ids = await Promise.all(
    [1, 2].map(async () => {
      const { engine, rows } = recorded();
      await engine.submit({ promptTokenIds: countTo(64), maxTokens: 1 }).completion();
      await engine.dispose();
      return rows()[0].hash_ids;
    }),
  );
  expect(ids[0].filter((id) => ids[1].includes(id))).toEqual([]);
});

test("each answer is a row; a request without a token is none, and holds up no other", async () => {
  const { engine, rows } = recorded();
  const aborted = engine.submit({ promptTokenIds: [1], maxTokens: 9 });
  const several = engine.submit({ promptTokenIds: [2], maxTokens: 4, n: 3 });
  engine.abort(aborted.id);
  await several.completion();
  await someTurns();
  expect(rows().map((row) => row.output_length)).toEqual([4, 4, 4]);
  await engine.dispose();
});

test("an old request holds back a bounded number of rows", async () => {
  const lines: string[] = [];
  const recorder = new TraceRecorder({
    write: (line) => void lines.push(line),
    onError: (error) => expect.fail(String(error)),
    pieceTokens: 16,
    maxHeld: 3,
  });
  const { engine } = setUp();
  const open = (maxTokens: number) => {
    const stream = engine.submit({ promptTokenIds: [1], maxTokens });
    recorder.follow(engine.scheduler.requests.at(-1)!, stream);
    return stream;
  };
  engine.pause(open(9).id);
  for (const written of [0, 0, 3, 4]) {
    await open(1).completion();
    await someTurns();
    expect(lines).toHaveLength(written);
  }
  await engine.dispose();
});

test("a writer that throws ends the engine's streams with its error", async () => {
  const full = new Error("no space left");
  const { engine } = setUp({
    record: () => {
      throw full;
    },
  });
  const [short, long] = [1, 400].map((maxTokens) => engine.submit({ promptTokenIds: [1], maxTokens }));
  expect(await short.completion()).toMatchObject({ finishReason: "length" });
  expect(await long.completion()).toMatchObject({ finishReason: "error", error: full });
  await engine.dispose();
});

test("a simulation of the recording gives what the engine measured", async () => {
  const setup = { gpu: gpuNamed("a100-80gb"), shape: modelNamed("llama-2-7b") };
  const sizes = { blockCount: 2000, blockSize: 16, maxRequests: 64 };
  const lines: string[] = [];
  let now = 0;
  const sleep = async (seconds: number): Promise<void> => void (now += seconds);
  const engine = new Engine({
    backend: createSimulatedBackend({ ...setup, ...sizes, maxTokens: 512, sleep }),
    clock: () => now,
    record: (line) => void lines.push(line),
  });
  const user = async (number: number): Promise<void> => {
    for (let turn = 0; turn < 4; turn++) {
      const prompt = [...countTo(320, 1000), ...countTo(40 + 7 * number, 2000 + 100 * number + 3 * turn)];
      await engine.submit({ promptTokenIds: prompt, maxTokens: 20 + 11 * turn }).completion();
    }
  };
  await Promise.all(countTo(8).map(user));
  await engine.dispose();
  const workload = new TraceWorkload("recording.jsonl", chunksOf(`${lines.join("\n")}\n`));
  await workload.refill();
  const { summary } = await simulate({ ...setup, ...sizes, workload });
  const { measured, ttftSeconds, e2eSeconds, tpotSeconds, kv } = summary;
  expect(measured?.requests).toBe(32);
  expect(kv.prefixHitTokens).toBeGreaterThanOrEqual(24 * 320);
  expect(Math.abs(e2eSeconds.mean! / measured!.e2eSeconds.mean! - 1)).toBeLessThan(0.05);
  expect(Math.abs(tpotSeconds.mean! / measured!.tpotSeconds.mean! - 1)).toBeLessThan(0.05);
  expect(Math.abs(ttftSeconds.mean! / measured!.ttftSeconds.mean! - 1)).toBeLessThan(0.15);
});
