import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backends/backend.ts";
import type { ReferenceBackendOptions } from "../../../src/backends/reference/index.ts";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { type AnyModel, isTied, uploadModel } from "../../../src/backends/webgpu/device-weights.ts";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { KV_TYPES, type KvType } from "../../../src/kv-type.ts";
import type { LazyTensor, Model, Tensor } from "../../../src/model.ts";
import { loadModel } from "../../../src/models/node.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import { FAMILY_GOLDENS, familyPrompts, runFamily } from "../../support/family-goldens.ts";
import { ifFixtures, noFixtures } from "../../support/fixtures.ts";
import { distance } from "../../support/numbers.ts";
import { RANDOM_FAMILIES } from "../../support/random-families.ts";
import { isSoak } from "../../support/soak.ts";
import { forced, ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

test("isTied tells whether one copy serves embedding and output", () => {
  expect(isTied(randomModel(1))).toBe(false);
  expect(isTied(randomModel(1, { tiedEmbeddings: true }))).toBe(true);
  expect(isTied(lazyModel(randomModel(1)).model)).toBe(false);
  expect(isTied(lazyModel(randomModel(1, { tiedEmbeddings: true })).model)).toBe(true);
});

describe("uploadModel", () => {
  /** Contents of all buffers in the order in which they are made. */
  const upload = async (
    model: AnyModel,
    onUpload = (): void => {},
  ): Promise<{ label: string; bytes: ArrayBuffer }[]> => {
    const made: { label: string; bytes: ArrayBuffer }[] = [];
    const create = (label: string, size: number) => {
      const buffer = { label, bytes: new ArrayBuffer(size) };
      made.push(buffer);
      return buffer;
    };
    const write = async ({ bytes }: ReturnType<typeof create>, offset: number, data: ArrayBuffer): Promise<void> => {
      new Uint8Array(bytes).set(new Uint8Array(data), offset);
      onUpload();
    };
    const createFilled = (label: string, size: number, _usage: number, fill: (target: ArrayBuffer) => void) =>
      fill(create(label, size).bytes);
    await uploadModel(
      { create, write, createFilled } as unknown as Buffers,
      model,
      () => [{ firstLayer: 0, layerCount: 3, firstHead: 0, headCount: 2, blockBytes: 1 }],
      2 ** 20,
    );
    return made;
  };
  const resident = randomModel(3, { ...RANDOM_FAMILIES["gemma2"], dtype: "Q4_K" });

  test("reads tensors that are not in memory one by one, each once, and uploads the same", async () => {
    const { model, reads } = lazyModel(resident);
    expect(await upload(model)).toEqual(await upload(resident));
    const names = resident.layers
      .flatMap((layer) => Object.values(layer))
      .flatMap((tensor: Tensor | null) => tensor?.name ?? []);
    expect(reads.toSorted()).toEqual([...names, resident.embedding.name, resident.finalNorm.name].toSorted());
  });

  test("has packed a tensor before it reads that of another matrix", async () => {
    const { model, reads } = lazyModel(resident);
    const readWhenUploaded: number[] = [];
    await upload(model, () => readWhenUploaded.push(reads.length));
    expect(readWhenUploaded.slice(0, 3)).toEqual([1, 4, 6]); // the embedding; queries, keys and values; a norm and the output
  });

  test("fails as a read fails", async () => {
    const { model } = lazyModel(resident);
    const broken = {
      ...model,
      finalNorm: { ...model.finalNorm, read: () => Promise.reject(new Error("the disk is gone")) },
    };
    await expect(upload(broken)).rejects.toThrow("the disk is gone");
  });
});

/** The same model with tensors that are read when they are wanted, and the names of those that were. */
function lazyModel(resident: Model): { model: Model<LazyTensor>; reads: string[] } {
  const reads: string[] = [];
  const known = new Map<Tensor, LazyTensor>();
  const lazy = (tensor: Tensor): LazyTensor => {
    const { bytes, ...info } = tensor;
    const made = known.get(tensor) ?? { ...info, read: () => (reads.push(info.name), Promise.resolve(bytes.slice())) };
    known.set(tensor, made);
    return made;
  };
  const layers = resident.layers.map((layer) =>
    Object.fromEntries(Object.entries(layer).map(([name, tensor]) => [name, tensor && lazy(tensor)])),
  );
  const { config, embedding, finalNorm, head } = resident;
  const model = {
    config,
    embedding: lazy(embedding),
    layers: layers as unknown as Model<LazyTensor>["layers"],
    finalNorm: lazy(finalNorm),
    head: lazy(head),
  };
  return { model, reads };
}

/** Checkpoints, keys and values, and the longest prompt: a sample here, all under `npm run soak -- webgpu-goldens`. */
const SAMPLE: readonly (readonly [string, KvType, number])[] = [
  ["hf-gemma2", "f32", 5],
  ["gguf-smol-Q4_K", "f16", 1],
];
const ALL = FAMILY_GOLDENS.flatMap(({ name }) => KV_TYPES.map((kv) => [name, kv, 224] as const));

/** Formats that are widened to F16 (types of GGUF files), and what f16 and int8 cost, as the fixtures' README says. */
function toleranceOf(name: string, kv: KvType): number {
  if (kv === "int8") return 1;
  return kv === "f16" || /Q5_0|Q4_K|Q6_K$/.test(name) ? 0.1 : 1e-3;
}

/** Logits after a prompt, in chunks. */
async function logitsAfter(backend: Backend, ids: readonly number[]): Promise<Float32Array> {
  const driver = new PlanDriver(backend);
  const sequence = driver.start(ids);
  while (true) {
    const count = Math.min(backend.info.maxTokens, ids.length - sequence.computedCount);
    const [sample] = await driver.step([{ sequence, count }]);
    if (sequence.computedCount >= ids.length) return sample.logits!;
  }
}

describe.skipIf(noWebGPU || noFixtures)(`tiny checkpoints${ifWebGPU}${ifFixtures}`, () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.destroy());

  test.each(isSoak ? ALL : SAMPLE)(
    "%s, keys and values as %s, prompts up to %i: logits and greedy ids are llama.cpp's",
    async (name, kv, longest) => {
      const golden = FAMILY_GOLDENS.find((each) => each.name === name)!;
      const loaded = await loadModel(golden.path);
      const prompts = familyPrompts(golden).filter(({ ids }) => ids.length <= longest);
      const tolerance = toleranceOf(name, kv);
      const make = async (options: ReferenceBackendOptions): Promise<Backend> => {
        const backend = await createWebGPUBackend({ ...options, ...forced, device, kv, keepLogits: true });
        for (const { ids, logits } of prompts) {
          expect(distance(await logitsAfter(backend, ids), logits)).toBeLessThan(tolerance);
        }
        return backend;
      };
      const sizes = isSoak
        ? [
            [256, 16, 1000],
            [7, 4, 4],
            [33, 16, 2],
          ]
        : [[24, 4, 4]];
      for (const [tokenBudget, blockSize, spareBlocks] of sizes) {
        const { answers } = await runFamily(loaded, prompts, { tokenBudget, blockSize, spareBlocks }, make);
        const isRough = kv === "int8"; // ids differ where two logits are as close as its error
        if (!isRough) expect(answers).toEqual([...prompts, ...prompts].map(({ greedy }) => greedy));
      }
    },
  );
});
