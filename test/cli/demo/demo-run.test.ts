import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { type DemoEvent, DemoRun } from "../../../src/cli/demo/demo-run.ts";
import type { Frame } from "../../../src/cli/demo/frame.ts";
import type { ScriptedRequest } from "../../../src/cli/demo/script.ts";
import { randomModel } from "../../../src/testing/index.ts";
import type { Tokenizer } from "../../../src/tokenizer.ts";

const never = new AbortController().signal;
/** A letter is an id. */
const tokenizer: Tokenizer = {
  vocabSize: 97,
  droppedLeadingSpaces: 0,
  encode: (text) => Array.from(text, (letter) => letter.codePointAt(0)! % 97),
  decode: () => "",
  tokenBytes: (id) => Uint8Array.of(0x21 + (id % 90)),
};

function request(id: string, prompt: string, maxTokens: number): ScriptedRequest {
  return { id, prompt, maxTokens, arrivalMs: 0 };
}

function start(script: readonly ScriptedRequest[], blockCount: number): { run: DemoRun; events: DemoEvent[] } {
  const events: DemoEvent[] = [];
  const backend = createReferenceBackend({
    model: randomModel(1),
    blockCount,
    blockSize: 4,
    maxTokens: 6,
    maxRequests: 8,
  });
  const sampling = { temperature: 1, seed: 5 };
  const run = new DemoRun({
    backend,
    tokenizer,
    stopTokenIds: [],
    script,
    sampling,
    speed: 1,
    title: "test",
    onEvent: (event) => events.push(event),
  });
  return { run, events };
}

const script = [request("a", "abcdefgh", 20), request("b", "xyz", 12), request("c", "hello", 16)];

describe("DemoRun", () => {
  test("frames add up at any moment", async () => {
    const { run } = start(script, 14);
    const frames: Frame[] = [run.frame()];
    const played = run.play(never).then(() => (ended = true));
    let ended = false;
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve));
      frames.push(run.frame());
    }
    await played;
    await run[Symbol.asyncDispose]();
    for (const { rows, step, blocks, history, finished } of frames) {
      expect(rows.filter(({ phase }) => phase === "done").length).toBe(finished);
      expect(blocks).toHaveLength(14);
      const tokens = step.shares.reduce((sum, share) => sum + share.tokens, 0);
      expect(tokens).toBeLessThanOrEqual(step.tokenBudget);
      if (history.length > 0) expect(history.at(-1)).toBe(tokens);
    }
    const seen = new Set(frames.flatMap(({ rows }) => rows.map(({ phase }) => phase)));
    for (const phase of ["coming", "decode", "done"] as const) expect(seen).toContain(phase);
    expect(frames.at(-1)!.rows.map(({ text }) => text.length)).toEqual([20, 12, 16]);
  });

  test("a pool that is too small for all preempts, and changes no text", async () => {
    const outputs = [];
    for (const blockCount of [30, 9]) {
      const { run, events } = start(script, blockCount);
      await run.play(never);
      outputs.push({
        text: run.frame().rows.map(({ text }) => text),
        preemptions: run.summary().preemptions,
        told: events.filter(({ what }) => what.includes("preempted")).length,
      });
      expect(run.summary().peakBlocks).toBeLessThanOrEqual(blockCount);
      await run[Symbol.asyncDispose]();
    }
    const [roomy, small] = outputs;
    expect(small.text).toEqual(roomy.text);
    expect(roomy.preemptions).toBe(0);
    expect(small.preemptions).toBeGreaterThan(0);
    expect(small.told).toBe(small.preemptions);
  });

  test("tells of every request in its order, and sums up", async () => {
    const { run, events } = start(script, 30);
    await run.play(never);
    for (const { id, maxTokens } of script) {
      const told = events.filter((event) => event.id === id).map(({ what }) => what);
      expect(told).toEqual([
        expect.stringMatching(/^comes with \d prompt tokens$/),
        "has its first token",
        expect.stringContaining(`ends after ${maxTokens} tokens (length): `),
      ]);
    }
    expect(run.summary()).toMatchObject({
      requests: 3,
      promptTokens: 16,
      producedTokens: 48,
      tokenBudget: 6,
      blockCount: 30,
    });
    expect(run.failed).toBe(false);
    await run[Symbol.asyncDispose]();
  });

  test("a request that can never fit fails alone", async () => {
    const { run, events } = start([...script, request("big", "b", 100)], 14);
    await run.play(never);
    expect(run.failed).toBe(true);
    expect(events).toContainEqual(
      expect.objectContaining({ id: "big", what: expect.stringMatching(/^failed: .*the pool has 14/) }),
    );
    expect(run.summary().requests).toBe(3);
    await run[Symbol.asyncDispose]();
  });

  test("interrupted, it ends; what has not come stays away", async () => {
    const { run } = start([request("a", "abc", 50), { ...request("late", "abc", 5), arrivalMs: 3_600_000 }], 30);
    const controller = new AbortController();
    const played = run.play(controller.signal);
    setImmediate(() => controller.abort());
    await played;
    expect(run.frame().rows.map(({ phase }) => phase)).toContain("coming");
    expect(run.frame().blocks.filter((block) => typeof block === "number")).toEqual([]);
    await run[Symbol.asyncDispose]();
  });
});
