import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { DeviceLostError, DisposedError } from "../../../src/errors.ts";
import { KV_TYPES, type KvType } from "../../../src/kv-type.ts";
import type { Model } from "../../../src/model.ts";
import {
  type ConformanceCase,
  type MakeBackend,
  PlanDriver,
  type RandomModelOptions,
  backendConformance,
  randomModel,
} from "../../../src/testing/index.ts";
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
import { ifShared } from "../../support/model-files.ts";
import { RANDOM_FAMILIES } from "../../support/random-families.ts";
import { isSoak, soakCount } from "../../support/soak.ts";
import { bits, forced, ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const SIZES = { blockCount: 96, blockSize: 16, maxTokens: 64, maxRequests: 8 };

/** One for the whole file: a device compiles each kernel once. */
let device: GPUDevice;
beforeAll(async () => {
  if (!noWebGPU) device = await openDevice();
});
afterAll(() => device?.destroy());

describe.skipIf(noWebGPU)(`on a device${ifWebGPU}`, () => {
  const make =
    (model: Model, kv: KvType = "f32"): MakeBackend =>
    (sizes) =>
      createWebGPUBackend({ model, device, kv, ...forced, ...sizes });
  const reference =
    (model: Model): MakeBackend =>
    (sizes) =>
      createReferenceBackend({ model, ...sizes });

  const model = randomModel(1);
  backendConformance(make(model), {
    runner: { describe, it: test },
    oracle: reference(model),
    tolerance: 1e-4,
    blockSizes: isSoak ? undefined : [16],
  });

  const some = (cases: readonly ConformanceCase[], pattern: RegExp): void => {
    test.each(cases.filter(({ name }) => pattern.test(name)))("$name", (each) => each.run());
  };

  describe("sizes that are no multiples of four, tied embeddings", () => {
    const odd = randomModel(2, {
      headDim: 6,
      hiddenSize: 30,
      intermediateSize: 37,
      headCount: 6,
      kvHeadCount: 3,
      tiedEmbeddings: true,
    });
    some(
      backendConformance(make(odd), { oracle: reference(odd), tolerance: 1e-4, blockSizes: [3] }),
      /^(a batch|any chunking|any placement|NaN|lengths|logits agree|swapped)/,
    );
  });

  describe("windows, experts, norms of heads, keys and values as whole numbers", () => {
    const { norm, ropes, ...gemma3 } = RANDOM_FAMILIES["gemma3"];
    const layers = gemma3.layers!.map((layer) => ({ ...layer, experts: layer.window !== null }));
    const mixed = randomModel(5, {
      ...gemma3,
      norm,
      ropes,
      layers,
      experts: { count: 4, perToken: 2, intermediateSize: 12, normalized: true },
    });
    some(
      backendConformance(make(mixed, "int8"), { blockSizes: [3] }),
      /^(a batch|a table|any placement|NaN|copies|swapped|logits that are not finite)/,
    );
  });

  // A suite that is skipped makes its models all the same.
  const soaked: (name: string, body: () => void) => void = isSoak ? describe : () => {};
  soaked("every family", () => {
    const cases = Object.keys(RANDOM_FAMILIES).flatMap((family) => KV_TYPES.map((kv) => [family, kv] as const));
    describe.each(cases)("%s, keys and values as %s", (family, kv) => {
      const random = randomModel(6, RANDOM_FAMILIES[family]);
      const tolerance = { f32: 1e-4, f16: 0.02, int8: 0.2 }[kv];
      const oracle: MakeBackend = (sizes) =>
        createReferenceBackend({ model: random, ...sizes, ...(kv === "f32" ? {} : { kv }) });
      some(backendConformance(make(random, kv), { oracle, tolerance, blockSizes: [4] }), /./);
    });
  });

  describe("equal logits", () => {
    const tied = randomModel(3, { tiedLogits: true });
    some(backendConformance(make(tied), { blockSizes: [16] }), /^greedy/);
  });
});

/**
 * Budget, block size, tight pool, tokens of an answer. Under `npm run soak` all sizes of the reference backend's
 * goldens, then whole answers; else three prompts of one model, as a software adapter takes seconds of CPU a run.
 */
const GOLDEN_RUNS: readonly (readonly [number, number, boolean, number])[] = isSoak
  ? [...GOLDEN_SIZES.map((sizes) => [...sizes, SHORT] as const), [64, 16, true, soakCount(200)]]
  : [[24, 1, true, SHORT]];

describe.skipIf(noWebGPU)(`measured continuations${ifWebGPU}`, () => {
  const models = isSoak ? GOLDEN_MODELS.filter(isHere) : GOLDEN_MODELS.slice(0, 1);
  const runs = models.flatMap((name) => GOLDEN_RUNS.map((run) => [name, ...run] as const));
  test.each(runs)(
    `of %s, all together: %i tokens a step, blocks of %i, tight pool %s, %i tokens${ifShared}`,
    async (name, tokenBudget, blockSize, tight, maxTokens) => {
      const model = goldenModel(name);
      const goldens = isSoak ? model.goldens : model.goldens.slice(0, 3);
      const run = { tokenBudget, blockSize, tight, maxTokens };
      const { answers, stats } = await runGoldens(await loadGoldenModel(model), goldens, run, (options) =>
        createWebGPUBackend({ ...options, ...forced, device }),
      );
      expect(answers).toEqual(expectedAnswers(goldens, maxTokens));
      if (tight && maxTokens > SHORT) expect(stats.preemptions).toBeGreaterThan(0);
      expect(stats.heldBlocks).toBe(0);
    },
  );
});

describe.skipIf(noWebGPU)(`the end of a backend${ifWebGPU}`, () => {
  const model = randomModel(1);

  test("a device lost in mid-run fails the steps in flight and all later ones, and is told by `lost`", async () => {
    const doomed = await openDevice();
    const backend = await createWebGPUBackend({ model, device: doomed, ...forced, ...SIZES });
    const driver = new PlanDriver(backend);
    const [a, b] = [driver.start([1, 2, 3]), driver.start([4, 5])];
    const steps = [driver.issue([{ sequence: a }]).done, driver.issue([{ sequence: b }]).done];
    doomed.destroy();
    for (const step of steps) await expect(step).rejects.toThrow(DeviceLostError);
    await expect(backend.lost).resolves.toContain("destroyed");
    await expect(driver.step([{ sequence: a }])).rejects.toThrow(/^the device is lost \(destroyed/);
    await expect(backend.readBlocks([1])).rejects.toThrow(DeviceLostError);
    await expect(backend.writeBlocks([1], new Uint8Array(backend.info.bytesPerBlock))).rejects.toThrow(DeviceLostError);
    await backend.dispose();
  });

  test("dispose fails the steps in flight, resolves no `lost`, and leaves a device that it was given", async () => {
    const backend = await createWebGPUBackend({ model, device, ...forced, ...SIZES });
    let isLost = false;
    void backend.lost.then(() => {
      isLost = true;
    });
    const driver = new PlanDriver(backend);
    const step = driver.issue([{ sequence: driver.start([1, 2, 3]) }]).done;
    await backend.dispose();
    await expect(step).rejects.toThrow(DisposedError);
    await expect(backend.readBlocks([1])).rejects.toThrow(DisposedError);
    const other = await createWebGPUBackend({ model, device, ...forced, ...SIZES });
    await new PlanDriver(other).step([]);
    expect(isLost).toBe(false);
    await other.dispose();
  });

  test("an error that the device reports fails the step that it belongs to, and no more", async () => {
    const backend = await createWebGPUBackend({ model, device, ...forced, ...SIZES });
    const driver = new PlanDriver(backend);
    const sequence = driver.start([1, 2, 3]);
    device.createBuffer({ size: 16, usage: 0 }); // no usage: a validation error that nobody catches
    await expect(driver.step([{ sequence }])).rejects.toThrow(/^the device reports: /);
    await expect(driver.step([{ sequence }])).resolves.toHaveLength(1);
    await backend.dispose();
  });
});

/** Gate and up of an expert take 3 KiB, one head of a layer 2.5. */
const EXPERTS: RandomModelOptions = {
  layers: [{ window: null, rope: 0, experts: true }],
  kvHeadCount: 4,
  headDim: 16,
  queryKeyNorm: true,
  experts: { count: 5, perToken: 2, intermediateSize: 12, normalized: true },
};

describe.skipIf(noWebGPU)(`splitting over buffers${ifWebGPU}`, () => {
  // Keys and values take 4 KiB a head of a layer here, the largest matrix 12.5 KiB.
  test.each<[string, number, RandomModelOptions, KvType]>([
    ["layers", 9000, {}, "f32"],
    ["layers, heads and columns of weights", 4200, {}, "f32"],
    ["heads of whole numbers, and experts", 6500, EXPERTS, "int8"],
  ])("by %s changes no bit", async (_, bindingBytes, mixed, kv) => {
    const model = randomModel(4, mixed);
    const tokens = Array.from({ length: 40 }, (_unused, i) => i);
    const logits = async (limit?: number): Promise<number[]> => {
      const backend = await createWebGPUBackend({
        model,
        device,
        ...SIZES,
        blockCount: 3,
        maxTokens: 8,
        keepLogits: true,
        bindingBytes: limit,
        kv,
      });
      const driver = new PlanDriver(backend);
      const sequence = driver.start(tokens);
      const samples: number[] = [];
      while (sequence.computedCount < tokens.length) {
        for (const sample of await driver.step([{ sequence, count: 8, sample: "all" }])) {
          samples.push(...bits(sample.logits!));
        }
      }
      await backend.dispose();
      return samples;
    };
    expect(await logits(bindingBytes)).toEqual(await logits());
  });
});
