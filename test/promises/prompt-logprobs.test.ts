import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { createCpuBackend } from "../../src/backends/cpu/index.ts";
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { createWebGPUBackend } from "../../src/backends/webgpu/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions, EngineRequest } from "../../src/engine/options.ts";
import type { Completion, PromptLogprobs } from "../../src/engine/token-stream.ts";
import { InvalidRequestError, InvalidResultError } from "../../src/errors.ts";
import { promptLookup } from "../../src/policies/drafting/prompt-lookup.ts";
import type { StepPlan } from "../../src/step.ts";
import { PlanDriver } from "../../src/testing/plan-driver.ts";
import { randomModel } from "../../src/testing/random-model.ts";
import { isSoak } from "../support/soak.ts";
import { forced, ifWebGPU, noWebGPU, openDevice } from "../support/webgpu.ts";

const VOCABULARY = 48;
const TOP = 3;
const model = randomModel(11, { vocabSize: VOCABULARY, contextLength: 64 });
const sizes = { blockSize: 4, maxTokens: 32, maxRequests: 6 };
const PROMPTS = [0, 1, 2, 3].map((seed) => Array.from({ length: 9 + 4 * seed }, (_, i) => (i * i + 5 * seed + 3) % 40));

/** Every backend makes the same model's logits. */
const makers: Record<string, (blockCount: number) => Promise<Backend>> = {
  reference: async (blockCount) => createReferenceBackend({ model, blockCount, ...sizes }),
  cpu: (blockCount) => createCpuBackend({ model, blockCount, threads: 0, ...sizes }),
};

/** Log probabilities of each prompt token, from the logits behind each beginning of the prompt, computed alone. */
async function writtenOut(prompt: readonly number[]): Promise<PromptLogprobs> {
  const backend = createReferenceBackend({ model, blockCount: 40, ...sizes, keepLogits: true });
  const driver = new PlanDriver(backend);
  const scores: PromptLogprobs[number][] = [null];
  for (let length = 1; length < prompt.length; length++) {
    const sequence = driver.start(prompt.slice(0, length));
    const [{ logits }] = await driver.step([{ sequence }]);
    driver.finish(sequence);
    const row = Array.from(logits!);
    const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const ranked = row.map((logit, tokenId) => ({ tokenId, logprob: logit - total }));
    const top = ranked.toSorted((a, b) => b.logprob - a.logprob || a.tokenId - b.tokenId).slice(0, TOP);
    scores.push({ logprob: row[prompt[length]] - total, top });
  }
  return scores;
}

function expectNear(actual: PromptLogprobs | undefined, expected: PromptLogprobs): void {
  expect(actual?.length).toBe(expected.length);
  expect(actual![0]).toBeNull();
  for (const [i, each] of expected.entries()) {
    if (each === null) continue;
    expect(actual![i]!.logprob).toBeCloseTo(each.logprob, 3);
    expect(actual![i]!.top.map(({ logprob }) => logprob)).toEqual(
      each.top.map(({ logprob }) => expect.closeTo(logprob, 3) as number),
    );
  }
}

/** All prompts at once, beside requests that want no scores. */
async function scored(
  backend: Backend,
  options: Partial<EngineOptions> = {},
  request: Pick<EngineRequest, "sampling"> = {},
): Promise<{ completions: Completion[]; preemptions: number; cachedTokens: number }> {
  const engine = new Engine({ backend, ...options });
  const streams = PROMPTS.flatMap((promptTokenIds, seed) => [
    engine.submit({
      promptTokenIds,
      maxTokens: 12,
      promptLogprobs: TOP,
      sampling: { temperature: 0.7, seed },
      ...request,
    }),
    engine.submit({ promptTokenIds, maxTokens: 12, sampling: { temperature: 0.7, seed } }),
  ]);
  const all = await Promise.all(streams.map((stream) => stream.completion()));
  const { preemptions } = engine.stats();
  await engine.dispose();
  const completions = all.filter((_, i) => i % 2 === 0);
  const others = all.filter((_, i) => i % 2 === 1);
  // Scores change no answer, and requests without them have none.
  if (Object.keys(request).length === 0) {
    expect(completions.map(({ tokenIds }) => tokenIds)).toEqual(others.map(({ tokenIds }) => tokenIds));
  }
  expect(others.some((each) => "promptLogprobs" in each)).toBe(false);
  const cachedTokens = completions.reduce((sum, { usage }) => sum + usage.cachedTokens, 0);
  return { completions, preemptions, cachedTokens };
}

function checks(make: (blockCount: number) => Promise<Backend>): void {
  test("are those of each beginning of the prompt, computed alone", async () => {
    const { completions, cachedTokens } = await scored(await make(120));
    for (const [i, { promptLogprobs }] of completions.entries()) {
      expectNear(promptLogprobs, await writtenOut(PROMPTS[i]));
    }
    expect(cachedTokens).toBe(0);
  });

  test("are the same to the bit in chunks, after preemptions, under a limit of edits, with drafts and penalties", async () => {
    const { completions } = await scored(await make(120));
    const expected = completions.map(({ promptLogprobs }) => promptLogprobs);
    const same = ({ completions: given }: { completions: Completion[] }): void =>
      expect(given.map(({ promptLogprobs }) => promptLogprobs)).toEqual(expected);
    same(await scored(await make(120), { tokenBudget: 5 }));
    same(await scored(await make(120), { maxEditsPerStep: 3 }));
    same(await scored(await make(120), { drafter: promptLookup() }, { sampling: { repetitionPenalty: 1.3 } }));
    const small = await scored(await make(17), { tokenBudget: 11 });
    same(small);
    expect(small.preemptions).toBeGreaterThan(0);
  });
}

describe.each(["reference", "cpu"])("log probabilities of prompts on the %s backend", (name) => {
  checks(makers[name]);
});

/** Kernels compile for ten seconds; `backendConformance` asks every backend for the log probability of a forced id. */
const skipsWebGPU = noWebGPU || !isSoak;

describe.skipIf(skipsWebGPU)(
  `log probabilities of prompts on the webgpu backend${isSoak ? ifWebGPU : " (in the soak)"}`,
  () => {
    let device: GPUDevice;
    beforeAll(async () => {
      device = await openDevice();
    });
    afterAll(() => device.destroy());
    checks((blockCount) => createWebGPUBackend({ model, device, blockCount, ...forced, ...sizes }));
  },
);

describe("log probabilities of a prompt", () => {
  test("come once for several choices, in the first delta, and are computed although the prompt is cached", async () => {
    const engine = new Engine({ backend: await makers["reference"](60) });
    const promptTokenIds = PROMPTS[2];
    await engine.submit({ promptTokenIds, maxTokens: 1 }).completion();
    const stream = engine.submit({ promptTokenIds, maxTokens: 3, n: 3, promptLogprobs: TOP });
    const deltas = [];
    for await (const delta of stream) deltas.push(delta);
    const { promptLogprobs, choices, usage } = await stream.completion();
    expectNear(promptLogprobs, await writtenOut(promptTokenIds));
    expect(deltas.map((delta) => delta.promptLogprobs)).toEqual([
      promptLogprobs,
      ...deltas.slice(1).map(() => undefined),
    ]);
    expect([choices.length, usage.cachedTokens]).toEqual([3, 0]);
    const single = engine.submit({ promptTokenIds: [7], maxTokens: 1, promptLogprobs: 0 });
    expect((await single.completion()).promptLogprobs).toEqual([null]);
    await engine.dispose();
  });

  test("are no longer known where the request ends first", async () => {
    const engine = new Engine({ backend: await makers["reference"](60), tokenBudget: 2 });
    const stream = engine.submit({ promptTokenIds: PROMPTS[3], maxTokens: 3, promptLogprobs: 0 });
    const other = engine.submit({ promptTokenIds: PROMPTS[0], maxTokens: 3, promptLogprobs: 0, n: 2 });
    engine.abort(stream.id);
    engine.abort(other.id, 0);
    expect((await stream.completion()).promptLogprobs).toBeUndefined();
    // The second choice computes the prompt instead.
    expect((await other.completion()).promptLogprobs?.length).toBe(PROMPTS[0].length);
    await engine.dispose();
  });

  test("are refused where they cannot be had, and a backend without edits is found out", async () => {
    const engine = new Engine({ backend: await makers["reference"](60) });
    const submit = (promptLogprobs: unknown) =>
      engine.submit({ promptTokenIds: [1, 2], maxTokens: 1, promptLogprobs: promptLogprobs as number });
    expect(() => submit(21)).toThrow("promptLogprobs must be an integer in [-1, 20], got 21");
    expect(() => submit("1")).toThrow(InvalidRequestError);
    expect(() => engine.beamSearch({ promptTokenIds: [1, 2], maxTokens: 1, width: 2, promptLogprobs: 1 })).toThrow(
      "a beam search takes no promptLogprobs",
    );
    await engine.dispose();
    const backend = await makers["reference"](60);
    const execute = backend.execute.bind(backend);
    backend.execute = (plan) => {
      const { maskRows, maskWords, edits } = plan;
      const without = { editCount: 0, edits, maskRows, maskWords };
      const replaced = Object.entries(without).map(([name, value]) => [name, { value }]);
      return execute(Object.create(plan, Object.fromEntries(replaced) as PropertyDescriptorMap) as StepPlan);
    };
    const deaf = new Engine({ backend });
    const { error } = await deaf.submit({ promptTokenIds: [1, 2, 3], maxTokens: 1, promptLogprobs: 0 }).completion();
    expect(error).toBeInstanceOf(InvalidResultError);
    await deaf.dispose();
  });
});
