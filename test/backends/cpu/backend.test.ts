import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backends/backend.ts";
import { createCpuBackend } from "../../../src/backends/cpu/index.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { DeviceLostError, DisposedError } from "../../../src/errors.ts";
import { KV_TYPES } from "../../../src/kv-type.ts";
import { loadModel } from "../../../src/models/node.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import {
  GOLDEN_MODELS,
  GOLDEN_SIZES,
  SHORT,
  expectedAnswers,
  goldenModel,
  isHere,
  loadGoldenModel,
  runGoldens,
} from "../../support/goldens.ts";
import { fixtures, ifFixtures, noFixtures, readFixture } from "../../support/fixtures.ts";
import { ifShared } from "../../support/model-files.ts";
import { isSoak, soakCount } from "../../support/soak.ts";
import { threadsOf } from "../../support/threads.ts";

const SIZES = { blockCount: 96, blockSize: 16, maxTokens: 64, maxRequests: 8 };
const model = randomModel(1);

/** Budget, block size, tight pool, tokens of an answer: a sample in `npm test`, all under the soak. */
const RUNS = [...GOLDEN_SIZES.map((sizes) => [...sizes, SHORT] as const), [64, 16, true, soakCount(60)] as const];

/** Three runs of the first model, two of the others, which begin at another place. */
const sampleOf = (rest: number): typeof RUNS => RUNS.filter((_, i) => isSoak || i % 6 === rest);

describe("measured continuations", () => {
  const runs = GOLDEN_MODELS.filter(isHere).flatMap((name, i) => sampleOf(i).map((run) => [name, ...run] as const));
  test.each(runs)(
    `of %s, all together: %i tokens a step, blocks of %i, tight pool %s, %i tokens${ifShared}`,
    async (name, tokenBudget, blockSize, tight, maxTokens) => {
      const { goldens } = goldenModel(name);
      const run = { tokenBudget, blockSize, tight, maxTokens };
      const { answers, stats } = await runGoldens(await loadGoldenModel(goldenModel(name)), goldens, run, (options) =>
        createCpuBackend(options),
      );
      expect(answers).toEqual(expectedAnswers(goldens, maxTokens));
      expect(stats.heldBlocks).toBe(0);
    },
  );
});

describe("killed worker threads", () => {
  test("fail the steps in flight and all later ones, and `lost` tells why", async () => {
    const { value: backend, threads } = await threadsOf(() => createCpuBackend({ model, ...SIZES, threads: 2 }));
    const driver = new PlanDriver(backend);
    const [a, b] = [driver.start(Array.from({ length: 60 }, (_, i) => i)), driver.start([4, 5])];
    const steps = [driver.issue([{ sequence: a }]).done, driver.issue([{ sequence: b }]).done];
    await threads[0].terminate();
    const reason = await backend.lost;
    expect(reason).toContain("a worker thread ended with code");
    for (const outcome of await Promise.allSettled(steps)) {
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(DeviceLostError);
    }
    await expect(driver.step([{ sequence: driver.start([1]) }])).rejects.toThrow(DeviceLostError);
    await expect(backend.readBlocks([1])).rejects.toThrow(DeviceLostError);
    await backend.dispose();
    await expect(backend.readBlocks([1])).rejects.toThrow(DisposedError);
  });

  test("do not change an answer: the engine goes on with another backend", async () => {
    const open = (): Promise<Backend> => createCpuBackend({ model, ...SIZES, threads: 1 });
    const request = { promptTokenIds: [3, 1, 4, 1, 5], maxTokens: 40, ignoreStopTokenIds: true };
    await using calm = new Engine({ backend: await open() });
    const expected = await calm.submit(request).completion();
    const { value: first, threads } = await threadsOf(open);
    let recoveries = 0;
    const recover = async (): Promise<Backend> => {
      recoveries++;
      return open();
    };
    await using engine = new Engine({ backend: first, recover });
    const stream = engine.submit(request);
    let read = 0;
    for await (const _ of stream) if (++read === 5) await threads[0].terminate();
    expect((await stream.completion()).tokenIds).toEqual(expected.tokenIds);
    expect(recoveries).toBe(1);
  });
});

describe("the end of a backend", () => {
  test("dispose ends what is in flight, and frees its threads", async () => {
    const { value: backend, threads } = await threadsOf(() => createCpuBackend({ model, ...SIZES, threads: 2 }));
    const driver = new PlanDriver(backend);
    const step = driver.issue([{ sequence: driver.start([1, 2, 3]) }]).done;
    const ended = Promise.all(threads.map((thread) => once(thread, "exit")));
    await backend.dispose();
    await expect(step).rejects.toThrow(DisposedError);
    expect(await ended).toHaveLength(2);
  });

  test("memory of disposed backends is given back: twelve of 1 GB each after the other", async () => {
    for (let i = 0; i < 12; i++) {
      const backend = await createCpuBackend({ model, ...SIZES, blockCount: 2 ** 18 / 2, threads: 1 });
      await backend.dispose();
      await setImmediate();
    }
  });
});

test("transfers keep their place among steps that are in flight", async () => {
  const backend = await createCpuBackend({ model, ...SIZES, threads: 2 });
  const driver = new PlanDriver(backend);
  const sequence = driver.start([1, 2, 3]);
  const first = driver.issue([{ sequence }]).done;
  const [block] = sequence.tables[0];
  const reading = backend.readBlocks([block]);
  const second = driver.issue([{ sequence }]).done;
  const during = await reading;
  await Promise.all([first, second]);
  const after = await backend.readBlocks([block]);
  expect(during.some((byte) => byte !== 0)).toBe(true);
  expect(after).not.toEqual(during); // the second step wrote into the block, the reading before it did not see that
  await backend.dispose();
});

test("bits do not depend on the number of threads, nor on where a step is computed", async () => {
  const answers = await Promise.all(
    [0, 1, 2].map(async (threads) => {
      const backend = await createCpuBackend({ model, ...SIZES, threads, keepLogits: true });
      const driver = new PlanDriver(backend);
      const [{ logits }] = await driver.step([
        { sequence: driver.start(Array.from({ length: 50 }, (_, i) => (7 * i) % 90)) },
      ]);
      await backend.dispose();
      return logits;
    }),
  );
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

test("the event loop turns while a step runs", async () => {
  const wide = randomModel(1, { hiddenSize: 256, intermediateSize: 1024, layerCount: 4 });
  const backend = await createCpuBackend({ model: wide, ...SIZES, threads: 1 });
  const driver = new PlanDriver(backend);
  let turns = 0;
  let isOver = false;
  const step = driver
    .step([{ sequence: driver.start(Array.from({ length: 64 }, (_, i) => i)) }])
    .then(() => (isOver = true));
  for (; !isOver; turns++) await setImmediate();
  await step;
  expect(turns).toBeGreaterThan(3);
  await backend.dispose();
});

const FAMILIES = ["llama3", "mistral", "qwen2", "qwen3", "gemma2"];

describe.skipIf(noFixtures)(`checkpoints of other families${ifFixtures}`, () => {
  test.each(FAMILIES)("%s: greedy ids are those of llama.cpp, logits within 1e-3", async (name) => {
    const { model: family } = await loadModel(`${fixtures}hf/${name}`);
    const backend = await createCpuBackend({
      model: family,
      ...SIZES,
      blockCount: 256,
      blockSize: 4,
      maxTokens: 256,
      keepLogits: true,
    });
    const prompts = readFixture(`goldens/hf-${name}.json`)["prompts"] as FixturePrompt[];
    for (const { ids, greedy, logits } of isSoak ? prompts : prompts.slice(2, 4)) {
      const driver = new PlanDriver(backend);
      const sequence = driver.start(ids);
      const [first] = await driver.step([{ sequence }]);
      for (const [id, logit] of logits.entries()) {
        expect(Math.abs(first.logits![id] - logit), `logit of ${id}`).toBeLessThan(1e-3);
      }
      for (let i = 1; i < greedy.length; i++) await driver.step([{ sequence }]);
      expect(sequence.tokenIds.slice(ids.length)).toEqual(greedy);
    }
    await backend.dispose();
  });
});

interface FixturePrompt {
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  readonly logits: readonly number[];
  /** Smallest gap between the two best logits on the way. */
  readonly minMargin: number;
}

/** Logits of types that round activations to int8 move by less than 1, as llama.cpp's own do. */
const ROUNDED = 1;

const FILES = [
  "gemma2-F16",
  "gemma2-Q8_0",
  "llama3-Q4_0",
  "mistral-Q5_0",
  "qwen2-BF16",
  "qwen3-F16",
  "smol-Q4_K",
  "smol-Q6_K",
];

describe.skipIf(noFixtures)(`GGUF files${ifFixtures}`, () => {
  const cases = FILES.flatMap((file) => KV_TYPES.map((kv) => ({ file, kv }))).filter((_, i) => isSoak || i % 6 === 0);
  test.each(cases)(
    "$file with keys and values in $kv: ids as far as margins allow, logits within the tolerance",
    async ({ file, kv }) => {
      const { model: quantized } = await loadModel(`${fixtures}gguf/${file}.gguf`);
      const backend = await createCpuBackend({
        model: quantized,
        ...SIZES,
        blockCount: 256,
        maxTokens: 256,
        keepLogits: true,
        kv,
      });
      const isRounded = kv === "int8" || !file.endsWith("F16");
      const tolerance = isRounded ? ROUNDED : kv === "f16" ? 0.1 : 1e-3;
      const prompts = readFixture(`goldens/gguf-${file}.json`)["prompts"] as FixturePrompt[];
      for (const { ids, greedy, logits, minMargin } of isSoak ? prompts : prompts.slice(2, 4)) {
        const driver = new PlanDriver(backend);
        const sequence = driver.start(ids);
        const [first] = await driver.step([{ sequence }]);
        const errors = logits.map((logit, id) => Math.abs(first.logits![id] - logit));
        expect(Math.max(...errors)).toBeLessThan(tolerance);
        for (let i = 1; i < greedy.length; i++) await driver.step([{ sequence }]);
        if (minMargin > 2 * tolerance) expect(sequence.tokenIds.slice(ids.length)).toEqual(greedy);
      }
      await backend.dispose();
    },
  );
});
