/** Real arithmetic: what a request gives does not depend, to the last bit, on what runs beside it. */
import { afterAll, describe, expect, test } from "vitest";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import { Engine } from "../src/engine/engine.ts";
import type { EngineOptions, EngineRequest, PromptInput } from "../src/engine/options.ts";
import type { Completion } from "../src/engine/token-stream.ts";
import { promptLookup } from "../src/policies/drafting/prompt-lookup.ts";
import { randomModel } from "../src/testing/random-model.ts";
import { SeededRandom } from "../src/testing/seeded-random.ts";

const model = randomModel(3);

function engineOf(
  sizes: { blockSize: number; blockCount: number; maxTokens: number },
  options: Partial<EngineOptions> = {},
): Engine {
  return new Engine({ backend: createReferenceBackend({ model, maxRequests: 8, ...sizes }), ...options });
}

/** Prompts of which some begin alike, greedy and sampled in several ways, all with log probabilities. */
function requests(count: number): (EngineRequest & PromptInput)[] {
  const random = new SeededRandom(1);
  const ids = (length: number): number[] => Array.from({ length }, () => random.integer(0, 96));
  const beginning = ids(20);
  const samplings = [
    {},
    { temperature: 0.8, seed: 7 },
    { temperature: 1.5, topK: 5, seed: 1 },
    { temperature: 1, topP: 0.7, seed: 2 ** 40 },
    { temperature: 1, minP: 0.1, seed: 3 },
  ];
  return Array.from({ length: count }, (_, i) => ({
    promptTokenIds: [...beginning.slice(0, random.integer(0, 20)), ...ids(random.integer(1, 25))],
    maxTokens: random.integer(1, 20),
    sampling: { ...samplings[i % samplings.length], logprobs: 3 },
  }));
}

const all = requests(12);
const solo: Promise<Completion[]> = (async () => {
  const completions = [];
  for (const request of all) {
    await using engine = engineOf({ blockSize: 16, blockCount: 8, maxTokens: 64 });
    completions.push(await engine.submit(request).completion());
  }
  return completions;
})();

describe("every stream equals its solo run", () => {
  const engines: Engine[] = [];
  afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

  test.each<[string, Parameters<typeof engineOf>[0], Partial<EngineOptions>]>([
    ["all together, with room", { blockSize: 4, blockCount: 200, maxTokens: 64 }, {}],
    ["one token a step", { blockSize: 4, blockCount: 200, maxTokens: 1 }, {}],
    ["odd chunks, blocks of one token", { blockSize: 1, blockCount: 400, maxTokens: 7 }, {}],
    ["a pool in which they make room for each other", { blockSize: 4, blockCount: 17, maxTokens: 16 }, {}],
    ["two at a time", { blockSize: 16, blockCount: 20, maxTokens: 32 }, { maxRequests: 2 }],
    [
      "with guesses of their own tokens",
      { blockSize: 4, blockCount: 200, maxTokens: 64 },
      { drafter: promptLookup({ minLength: 1 }) },
    ],
    [
      "with guesses, in a small pool",
      { blockSize: 4, blockCount: 17, maxTokens: 16 },
      { drafter: promptLookup({ minLength: 1 }) },
    ],
  ])("%s", async (_name, sizes, options) => {
    const engine = engineOf(sizes, options);
    engines.push(engine);
    const together = await Promise.all(all.map((request) => engine.submit(request).completion()));
    for (const [i, { tokenIds, logprobs, finishReason }] of (await solo).entries()) {
      expect([i, together[i].finishReason, together[i].tokenIds]).toEqual([i, finishReason, tokenIds]);
      expect([i, together[i].logprobs]).toEqual([i, logprobs]);
    }
    if (sizes.blockCount === 17) expect(engine.stats().preemptions).toBeGreaterThan(0);
  });

  test("once more on an engine that has its prefixes cached, and after others were aborted", async () => {
    const engine = engineOf({ blockSize: 4, blockCount: 200, maxTokens: 32 });
    engines.push(engine);
    const left = all.map((request) => engine.submit(request));
    await left[0].next();
    await Promise.all(left.map((stream) => stream.return()));
    for (const pass of [1, 2]) {
      const again = await Promise.all(all.map((request) => engine.submit(request).completion()));
      for (const [i, { tokenIds, logprobs }] of (await solo).entries()) {
        expect([pass, i, again[i].tokenIds, again[i].logprobs]).toEqual([pass, i, tokenIds, logprobs]);
      }
    }
    expect(engine.stats().cachedTokens).toBeGreaterThan(100);
  });
});

describe("n choices", () => {
  test.each([
    ["with room", { blockSize: 4, blockCount: 200, maxTokens: 64 }],
    ["in a small pool", { blockSize: 4, blockCount: 17, maxTokens: 5 }],
  ])("each is what it is alone, and no two are equal: %s", async (_name, sizes) => {
    const request: EngineRequest & PromptInput = {
      promptTokenIds: [5, 3, 9, 1, 8, 2],
      maxTokens: 16,
      sampling: { temperature: 1.2, seed: 11, logprobs: 2 },
    };
    await using engine = engineOf(sizes);
    const { choices } = await engine.submit({ ...request, n: 5 }).completion();
    expect(new Set(choices.map(({ tokenIds }) => tokenIds.join())).size).toBe(5);
    for (const { choice, tokenIds, logprobs, finishReason } of choices) {
      await using one = engineOf({ blockSize: 16, blockCount: 8, maxTokens: 64 });
      const alone = await one.submit({ ...request, choice }).completion();
      expect([alone.choice, alone.tokenIds, alone.logprobs, alone.finishReason]).toEqual([
        choice,
        tokenIds,
        logprobs,
        finishReason,
      ]);
    }
  });

  test("a stream tells whose tokens it gives; one choice can be aborted, and stop strings end each by itself", async () => {
    await using engine = engineOf({ blockSize: 4, blockCount: 200, maxTokens: 64 });
    const stream = engine.submit({
      promptTokenIds: [5, 3, 9],
      maxTokens: 20,
      n: 3,
      sampling: { temperature: 1, seed: 2 },
    });
    const reasons: (string | null)[] = [null, null, null];
    for await (const { choice, finishReason } of stream) {
      if (reasons.every((reason) => reason === null)) engine.abort(stream.id, 1);
      reasons[choice] = finishReason;
    }
    expect(reasons).toEqual(["length", "abort", "length"]);
    expect(engine.stats()).toMatchObject({ finished: 2, aborted: 1, heldBlocks: 0 });
  });
});
