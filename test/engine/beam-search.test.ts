import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import type { ReferenceBackendOptions } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Beam, BeamSearchRequest } from "../../src/engine/beam-search.ts";
import type { EngineOptions, PromptInput } from "../../src/engine/options.ts";
import type { Backend } from "../../src/backends/backend.ts";
import {
  AbortedError,
  DeviceLostError,
  DisposedError,
  InfeasibleRequestError,
  InvalidRequestError,
} from "../../src/errors.ts";
import type { Model } from "../../src/model.ts";
import { promptLookup } from "../../src/policies/drafting/prompt-lookup.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import { PlanDriver, randomModel } from "../../src/testing/index.ts";

const SIZES = { blockCount: 64, blockSize: 4, maxTokens: 32, maxRequests: 16 };
const PROMPT = [3, 1, 4, 1, 2];

function engineOf(
  model: Model,
  sizes: Partial<ReferenceBackendOptions> = {},
  options: Partial<EngineOptions> = {},
): Engine {
  return new Engine({ backend: createReferenceBackend({ model, ...SIZES, ...sizes }), ...options });
}

/** Log probabilities of every token after some tokens: the whole context anew, alone. */
async function logprobsAfter(model: Model, tokens: readonly number[]): Promise<number[]> {
  const backend = createReferenceBackend({ model, ...SIZES, blockCount: 64, keepLogits: true });
  const driver = new PlanDriver(backend);
  const [{ logits }] = await driver.step([{ sequence: driver.start(tokens) }]);
  const largest = Math.max(...logits!);
  const normalizer = largest + Math.log(logits!.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return Array.from(logits!, (logit) => Math.fround(logit - normalizer));
}

interface Answer {
  readonly tokenIds: readonly number[];
  readonly score: number;
}

/** Every sequence there is, of `length` tokens or up to a stop id, best first. */
async function allAnswers(
  model: Model,
  length: number,
  stops: readonly number[],
  lengthPenalty: number,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const visit = async (tokenIds: readonly number[], sum: number): Promise<void> => {
    if (tokenIds.length === length || stops.includes(tokenIds.at(-1)!)) {
      answers.push({ tokenIds, score: sum / tokenIds.length ** lengthPenalty });
      return;
    }
    const logprobs = await logprobsAfter(model, [...PROMPT, ...tokenIds]);
    for (const [id, logprob] of logprobs.entries()) await visit([...tokenIds, id], sum + logprob);
  };
  await visit([], 0);
  return answers.toSorted((a, b) => b.score - a.score);
}

/** Beam search as one would write it down, each context computed anew. */
async function naive(
  model: Model,
  {
    width,
    length,
    stops,
    lengthPenalty,
  }: { width: number; length: number; stops: readonly number[]; lengthPenalty: number },
): Promise<Answer[]> {
  const over: Answer[] = [];
  let live = [{ tokenIds: [] as number[], sum: 0 }];
  for (let step = 1; step <= length; step++) {
    const all: typeof live = [];
    for (const { tokenIds, sum } of live) {
      const logprobs = await logprobsAfter(model, [...PROMPT, ...tokenIds]);
      const ranked = [...logprobs.entries()]
        .toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
        .slice(0, width + stops.length);
      all.push(...ranked.map(([id, logprob]) => ({ tokenIds: [...tokenIds, id], sum: sum + logprob })));
    }
    const isOver = ({ tokenIds }: { tokenIds: readonly number[] }): boolean => stops.includes(tokenIds.at(-1)!);
    over.push(
      ...all.filter(isOver).map(({ tokenIds, sum }) => ({ tokenIds, score: sum / tokenIds.length ** lengthPenalty })),
    );
    live = all
      .filter((each) => !isOver(each))
      .toSorted((a, b) => b.sum - a.sum)
      .slice(0, width);
  }
  over.push(...live.map(({ tokenIds, sum }) => ({ tokenIds, score: sum / tokenIds.length ** lengthPenalty })));
  return over.toSorted((a, b) => b.score - a.score).slice(0, width);
}

function expectEqual(beams: readonly Beam[], answers: readonly Answer[]): void {
  expect(beams.map(({ tokenIds }) => tokenIds)).toEqual(answers.map(({ tokenIds }) => tokenIds));
  for (const [i, { score }] of beams.entries()) expect(score).toBeCloseTo(answers[i].score, 4);
}

describe("beam search", () => {
  // With 4 tokens, 16 beams see all 64 sequences of 3.
  test.each([[0], [1], [-0.5]])(
    "as wide as there are beginnings, it finds the best of all answers (length penalty %f)",
    async (lengthPenalty) => {
      const model = randomModel(5, { vocabSize: 5 });
      await using engine = engineOf(model);
      const beams = await engine.beamSearch({
        promptTokenIds: PROMPT,
        width: 16,
        maxTokens: 3,
        lengthPenalty,
        stopTokenIds: [2],
      });
      expectEqual(beams, (await allAnswers(model, 3, [2], lengthPenalty)).slice(0, 16));
      expect(beams.every(({ tokenIds, finishReason }) => (finishReason === "stop") === (tokenIds.at(-1) === 2))).toBe(
        true,
      );
    },
  );

  test.each([
    ["a roomy pool", {}, {}],
    ["a pool with room for one beam", { blockCount: 6 }, {}],
    ["one request at a time", { maxRequests: 1 }, {}],
    ["blocks of one token, and a chunk of 2", { blockSize: 1, maxTokens: 2 }, {}],
    ["a drafter that keeps its hands off", {}, { drafter: promptLookup({ minLength: 1 }) }],
  ])("is what it is written down as, in %s", async (_name, sizes, options) => {
    const model = randomModel(6, { vocabSize: 23 });
    await using engine = engineOf(model, sizes, options);
    for (const width of [1, 3, 5]) {
      const beams = await engine.beamSearch({ promptTokenIds: PROMPT, width, maxTokens: 12, stopTokenIds: [7, 11] });
      expectEqual(beams, await naive(model, { width, length: 12, stops: [7, 11], lengthPenalty: 1 }));
      engine.scheduler.checkInvariants();
      expect([engine.stats().heldBlocks, engine.stats().running, engine.stats().waiting]).toEqual([0, 0, 0]);
    }
  });

  test("beside others, which give what they give alone", async () => {
    const model = randomModel(6, { vocabSize: 23 });
    const request = { promptTokenIds: [8, 8, 1], maxTokens: 20, sampling: { temperature: 1, seed: 4 } };
    await using alone = engineOf(model);
    const { tokenIds } = await alone.submit(request).completion();
    await using engine = engineOf(model, { blockCount: 20 });
    const [beams, other, more] = await Promise.all([
      engine.beamSearch({ promptTokenIds: PROMPT, width: 4, maxTokens: 10 }),
      engine.submit(request).completion(),
      engine.beamSearch({ promptTokenIds: PROMPT, width: 2, maxTokens: 10 }),
    ]);
    expectEqual(beams, await naive(model, { width: 4, length: 10, stops: [], lengthPenalty: 1 }));
    expectEqual(more, await naive(model, { width: 2, length: 10, stops: [], lengthPenalty: 1 }));
    expect(other.tokenIds).toEqual(tokenIds);
  });

  test("over failing steps and lost devices", async () => {
    const model = randomModel(6, { vocabSize: 23 });
    let steps = 0;
    const unsteady = (): Backend => {
      const backend = createReferenceBackend({ model, ...SIZES, blockCount: 12 });
      const execute = (plan: StepPlan): Promise<StepResult> => {
        steps++;
        if (steps % 11 === 0) return Promise.reject(new DeviceLostError("it fell off the bus"));
        return steps % 4 === 0 ? Promise.reject(new Error("a hiccup")) : backend.execute(plan);
      };
      return {
        info: backend.info,
        lost: backend.lost,
        execute,
        readBlocks: (blocks) => backend.readBlocks(blocks),
        writeBlocks: (blocks, bytes) => backend.writeBlocks(blocks, bytes),
        dispose: () => backend.dispose(),
      };
    };
    await using engine = new Engine({ backend: unsteady(), recover: async () => unsteady() });
    for (let round = 0; round < 3; round++) {
      const beams = await engine.beamSearch({ promptTokenIds: PROMPT, width: 4, maxTokens: 9, stopTokenIds: [7] });
      expectEqual(beams, await naive(model, { width: 4, length: 9, stops: [7], lengthPenalty: 1 }));
    }
    expect([engine.stats().rollbacks > 3, engine.stats().heldBlocks]).toEqual([true, 0]);
  });

  test("shares the blocks of all tokens before: eight beams hold little more than one", async () => {
    await using engine = engineOf(randomModel(6), { blockCount: 64 });
    let held = 0;
    await using watched = engineOf(
      randomModel(6),
      {},
      { onStep: () => (held = Math.max(held, watched.stats().heldBlocks)) },
    );
    await watched.beamSearch({ promptTokenIds: Array.from({ length: 80 }, (_, i) => i), width: 8, maxTokens: 4 });
    // 20 blocks of prompt, and at most two of its own for each beam.
    expect(held).toBeLessThanOrEqual(20 + 2 * 8);
    expect(engine.stats().steps).toBe(0);
  });

  test.each([1, 2, 3, 6, 9])("paused and resumed as a whole, after step %i", async (step) => {
    const model = randomModel(6, { vocabSize: 23 });
    let steps = 0;
    const onStep = (): void => {
      if (++steps !== step) return;
      expect([
        engine.pause("s"),
        engine.pause("s"),
        engine.resume("s"),
        engine.resume("s"),
        engine.pause("s", 0),
      ]).toEqual([true, false, true, false, true]);
    };
    await using engine = engineOf(model, { maxRequests: 2 }, { onStep });
    const result = engine.beamSearch({ id: "s", promptTokenIds: PROMPT, width: 3, maxTokens: 8 });
    // Nothing goes on until it is resumed.
    while (steps < step) await engine.submit({ promptTokenIds: [9], maxTokens: 1 }).completion();
    for (let i = 0; i < 5; i++) await engine.submit({ promptTokenIds: [9], maxTokens: 3 }).completion();
    expect([engine.stats().running, engine.stats().paused > 0]).toEqual([0, true]);
    engine.resume("s");
    expectEqual(await result, await naive(model, { width: 3, length: 8, stops: [], lengthPenalty: 1 }));
    expect([engine.pause("s"), engine.stats().heldBlocks]).toEqual([false, 0]);
  });

  test.each([
    [{ contextLength: 8 }, {}],
    [{}, { contextLength: 8 }],
  ])("ends with the context, the model's or the engine's", async (config, options) => {
    const model = randomModel(6, { vocabSize: 23, ...config });
    await using engine = engineOf(model, {}, options);
    const beams = await engine.beamSearch({ promptTokenIds: PROMPT, width: 2, maxTokens: 50 });
    expect(beams.map(({ tokenIds, finishReason }) => [tokenIds.length, finishReason])).toEqual([
      [3, "length"],
      [3, "length"],
    ]);
  });
});

describe("the end of a beam search", () => {
  const search: BeamSearchRequest & PromptInput = { id: "s", promptTokenIds: PROMPT, width: 3, maxTokens: 40 };

  const reason = new Error("enough");
  const aborted = new AbortedError("request s was aborted");
  test.each<[string, (engine: Engine, controller: AbortController) => void, Error]>([
    ["its id", (engine) => engine.abort("s"), aborted],
    ["one of its beams", (engine) => engine.abort("s", 1), aborted],
    ["its signal", (_engine, controller) => controller.abort(reason), reason],
  ])("by an abort of %s rejects the result", async (_name, abort, thrown) => {
    const controller = new AbortController();
    let steps = 0;
    await using engine = engineOf(randomModel(6), {}, { onStep: () => ++steps === 5 && abort(engine, controller) });
    await expect(engine.beamSearch({ ...search, signal: controller.signal })).rejects.toEqual(thrown);
    await engine.submit({ promptTokenIds: [1], maxTokens: 2 }).completion();
    expect([engine.stats().heldBlocks, engine.scheduler.size]).toEqual([0, 0]);
  });

  test("a signal that was aborted before", async () => {
    await using engine = engineOf(randomModel(6));
    await expect(engine.beamSearch({ ...search, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(engine.scheduler.size).toBe(0);
  });

  test("dispose and a deadline", async () => {
    let now = 0;
    await using late = engineOf(randomModel(6), {}, { clock: () => (now += 0.01) });
    await expect(late.beamSearch({ ...search, deadline: 0.2 })).rejects.toThrow(/deadline 0.2 has passed/);
    expect(late.scheduler.size).toBe(0);
    const engine = engineOf(randomModel(6));
    const result = engine.beamSearch(search);
    await engine.dispose();
    await expect(result).rejects.toThrow(AbortedError);
    expect(() => engine.beamSearch(search)).toThrow(DisposedError);
  });

  test("what cannot be is refused at once", async () => {
    await using engine = engineOf(randomModel(6), {}, { stopTokenIds: [1, 2] });
    for (const width of [0, 19, 1.5, Number.NaN]) {
      expect(() => engine.beamSearch({ ...search, width })).toThrow(
        new InvalidRequestError(`width must be an integer in [1, 18] beside 2 stop ids, got ${width}`),
      );
    }
    expect(() => engine.beamSearch({ ...search, lengthPenalty: Number.NaN })).toThrow(
      /^lengthPenalty must be a finite number/,
    );
    expect(() => engine.beamSearch({ ...search, maxTokens: 0 })).toThrow(/^maxTokens must be/);
    expect(() =>
      engine.beamSearch({ ...search, maxTokens: 10_000, promptTokenIds: new Array(127).fill(1) }),
    ).not.toThrow();
    expect(() => engine.beamSearch({ ...search, id: "t", promptTokenIds: new Array(500).fill(1) })).toThrow(
      InfeasibleRequestError,
    );
    expect(() => engine.beamSearch(search)).toThrow(/id s is in use/);
  });
});
