import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { type Job, type Result, runInOrder, runJob } from "../../../src/cli/generate/results.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { randomModel } from "../../../src/testing/index.ts";

const never = new AbortController().signal;

/** 8 blocks of 4: room for 32 tokens. */
function openEngine(): Engine {
  return new Engine({
    backend: createReferenceBackend({
      model: randomModel(1),
      blockCount: 8,
      blockSize: 4,
      maxTokens: 16,
      maxRequests: 4,
    }),
  });
}

function job(id: string, promptTokenIds: readonly number[] | Error, maxTokens: number): Job {
  return { prompt: { id, text: id, sampling: {} }, promptTokenIds, maxTokens, sampling: {}, stop: [] };
}

async function collect(results: AsyncIterable<Result>): Promise<Result[]> {
  const all: Result[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe("runInOrder", () => {
  test("gives results in the order of the jobs, the long one first, each as it would be alone", async () => {
    const jobs = [job("long", [1, 2, 3], 20), job("short", [4], 2), job("middle", [5, 6], 9)];
    await using together = openEngine();
    const results = await collect(runInOrder(together, jobs, never));
    expect(results.map(({ prompt, tokenIds, finishReason }) => [prompt.id, tokenIds.length, finishReason])).toEqual([
      ["long", 20, "length"],
      ["short", 2, "length"],
      ["middle", 9, "length"],
    ]);
    for (const [i, each] of jobs.entries()) {
      await using alone = openEngine();
      expect((await runJob(alone, each, never)).tokenIds).toEqual(results[i].tokenIds);
    }
  });

  test("what cannot run is a result of its own; the others go on", async () => {
    await using engine = openEngine();
    const jobs = [
      job("endless", [1], 1000),
      job("empty", [], 4),
      job("fine", [1, 2], 3),
      job("unreadable", new Error("no id for ß"), 3),
    ];
    const results = await collect(runInOrder(engine, jobs, never));
    expect(results.map(({ finishReason }) => finishReason)).toEqual(["error", "error", "length", "error"]);
    expect(results.map(({ error }) => (error as { code?: string } | null)?.code)).toEqual([
      "infeasible_request",
      "invalid_request",
      undefined,
      undefined,
    ]);
    expect(results.map(({ promptTokenIds }) => promptTokenIds)).toEqual([[1], [], [1, 2], []]);
    expect(results[3].error?.message).toBe("no id for ß");
  });

  test("more jobs than may be outstanding all run", async () => {
    await using engine = openEngine();
    const jobs = Array.from({ length: 1100 }, (_, i) => job(String(i), [1 + (i % 5)], 1));
    const results = await collect(runInOrder(engine, jobs, never));
    expect(results.map(({ prompt }) => prompt.id)).toEqual(jobs.map(({ prompt }) => prompt.id));
    expect(new Set(results.map(({ finishReason }) => finishReason))).toEqual(new Set(["length"]));
  });

  test("aborted, every job still has its line", async () => {
    await using engine = openEngine();
    const controller = new AbortController();
    const jobs = [job("a", [1], 25), job("b", [2], 25)];
    const results = runInOrder(engine, jobs, controller.signal);
    const first = results.next();
    controller.abort();
    expect((await first).value).toMatchObject({ prompt: { id: "a" }, finishReason: "abort" });
    expect((await results.next()).value).toMatchObject({ prompt: { id: "b" }, finishReason: "abort" });
    expect(engine.stats().heldBlocks).toBe(0);
  });
});

test("runJob hands on text as it comes, and stops where the reader fails", async () => {
  const tokenizer = {
    vocabSize: 97,
    droppedLeadingSpaces: 0,
    encode: () => [1],
    decode: () => "",
    tokenBytes: (id: number) => Uint8Array.of(0x20 + (id % 90)),
  };
  await using texts = new Engine({
    backend: createReferenceBackend({
      model: randomModel(1),
      blockCount: 8,
      blockSize: 4,
      maxTokens: 16,
      maxRequests: 4,
    }),
    tokenizer,
  });
  let text = "";
  const result = await runJob(texts, job("a", [1, 2], 12), never, async (piece) => void (text += piece));
  expect(text).toBe(result.text);
  expect(text).toHaveLength(12);
  const gone = runJob(texts, job("b", [1, 2], 12), never, () => Promise.reject(new Error("reader gone")));
  await expect(gone).rejects.toThrow("reader gone");
  expect(texts.stats().heldBlocks).toBe(0);
});
