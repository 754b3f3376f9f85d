import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backends/backend.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { createActivations } from "../../../src/backends/webgpu/activations.ts";
import { partsOf } from "../../../src/backends/webgpu/attention-block.ts";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { type AnyModel, uploadModel } from "../../../src/backends/webgpu/device-weights.ts";
import { type ForwardParts, prepareForward } from "../../../src/backends/webgpu/forward.ts";
import { SOFTWARE_VARIANTS } from "../../../src/backends/webgpu/kernels/variants.ts";
import type { Kernel } from "../../../src/backends/webgpu/kernels/kernel.ts";
import { kvParts } from "../../../src/backends/webgpu/kv-storage.ts";
import { Launcher } from "../../../src/backends/webgpu/launcher.ts";
import type { Pipelines } from "../../../src/backends/webgpu/pipelines.ts";
import { createWebGPUBackend } from "../../../src/backends/webgpu/index.ts";
import { KV_TYPES, type KvType } from "../../../src/kv-type.ts";
import type { DType } from "../../../src/model.ts";
import { PlanDriver, randomModel } from "../../../src/testing/index.ts";
import { distance } from "../../support/numbers.ts";
import { RANDOM_FAMILIES } from "../../support/random-families.ts";
import { isSoak } from "../../support/soak.ts";
import { bits, forced, ifWebGPU, noWebGPU, openDevice } from "../../support/webgpu.ts";

const model = randomModel(1, { vocabSize: 8 });

const buffers = {
  create: (label: string) => ({ label }),
  write: () => Promise.resolve(),
  createFilled: (label: string) => ({ label }),
} as unknown as Buffers;

interface Labels {
  readonly tokens: readonly string[];
  readonly tiles: readonly (readonly string[])[];
}

interface LabelSizes {
  readonly bindingBytes?: number;
  readonly tileCount?: number;
  readonly kvType?: KvType;
}

/** Labels of the launches that are prepared where a binding holds `bindingBytes`. */
async function labels(
  of: AnyModel,
  { bindingBytes = 2 ** 20, tileCount = 1, kvType = "f32" }: LabelSizes = {},
): Promise<Labels> {
  const { config } = of;
  const parts = kvParts({ config, blockSize: 4, type: kvType }, 15, bindingBytes);
  const device = { createBindGroup: (descriptor: unknown) => descriptor } as unknown as GPUDevice;
  const pipelines = {
    get: ({ label }: Kernel) => Promise.resolve({ pipeline: { label }, layout: {} }),
  } as unknown as Pipelines;
  const columns = {} as GPUBuffer;
  const prepared = await prepareForward({
    launcher: new Launcher({ device, buffers, pipelines, config, columns, variants: SOFTWARE_VARIANTS }),
    config,
    weights: await uploadModel(buffers, of, (number) => partsOf(config, parts, number), bindingBytes),
    kv: { parts, buffers: parts.map((_, i) => ({ label: `kv ${i}` })) },
    kvType,
    blockSize: 4,
    results: {},
    angles: config.ropes.map(() => ({})),
    activations: createActivations(buffers, config, kvType, { maxTokens: 8, tile: 4, bindingBytes }),
    tile: 4,
    tileCount,
    variants: SOFTWARE_VARIANTS,
    split: null,
  } as unknown as ForwardParts);
  const name = ({ byClass }: (typeof prepared.tokens)[number]): string =>
    byClass[0]!.pipeline.label.replace(/ F32$/, "");
  return { tokens: prepared.tokens.map(name), tiles: prepared.tiles.map((tile) => tile.map(name)) };
}

const NORM = "rms-norm-thread tokens";
const ATTENTION = ["linear-row store-qkv", "attention-thread f32"];
const layer = (heads: number): string[] => [
  NORM,
  ...Array.from({ length: heads }, () => ATTENTION).flat(),
  "linear-row store-residual",
  NORM,
  "linear-row store-gated",
  "linear-row store-residual",
];

test("a forward pass is embedding, layers, and for each tile the norm and logits of its samples", async () => {
  const { tokens, tiles } = await labels(model, { tileCount: 2 });
  expect(tokens).toEqual(["embedding", ...layer(1), ...layer(1)]);
  expect(tiles).toEqual(Array.from({ length: 2 }, () => ["rms-norm-thread samples", "linear-row store-logits"]));
});

test("where keys and values are split by heads, each part has its own products and attention", async () => {
  const { tokens } = await labels(model, { bindingBytes: 5000 }); // keys and values of one head in 16 blocks take 4 KiB, gate and up 11
  expect(tokens.filter((label) => label === "attention-thread f32")).toHaveLength(4);
  expect(tokens.filter((label) => label === "linear-row store-qkv")).toHaveLength(4);
  expect(tokens.filter((label) => label === "linear-row store-gated")).toHaveLength(6);
});

test("norms of heads, whole-number keys, norms behind branches and experts have launches of their own", async () => {
  const mixed = randomModel(1, {
    vocabSize: 8,
    layers: [{ window: null, rope: 0, experts: true }],
    norm: { kind: "rms", epsilon: 1e-6, place: "around" },
    experts: { count: 4, perToken: 2, intermediateSize: 8, normalized: true },
  });
  const { tokens } = await labels(mixed, { kvType: "int8" });
  const attention = ["linear-row store-plain", "place-heads int8", "attention-thread int8"];
  const experts = [
    "linear-row store-plain",
    "route",
    "linear-expert store-gated",
    "linear-expert store-plain",
    "combine-experts",
  ];
  expect(tokens).toEqual(["embedding", NORM, ...attention, "linear-row store-plain", NORM, NORM, ...experts, NORM]);
});

/**
 * A family with a type of weights and of keys and values: a sample here, all of them under `npm run soak --
 * webgpu-families`.
 */
const SAMPLE: readonly (readonly [string, DType, KvType])[] = [
  ["phi3", "Q4_0", "f32"],
  ["qwen2", "BF16", "f16"],
  ["gemma2", "F32", "f32"],
  ["gemma3", "Q8_0", "int8"],
  ["granite", "F32", "int8"],
  ["qwen3moe", "Q8_0", "f16"],
  ["experts behind norms", "F32", "f32"],
];
const WEIGHTS: readonly DType[] = ["F32", "F16", "BF16", "Q8_0", "Q4_0"];
const ALL = Object.keys(RANDOM_FAMILIES).flatMap((family) =>
  WEIGHTS.flatMap((dtype) => KV_TYPES.map((kv) => [family, dtype, kv] as const)),
);

/** Where a number of f16 or int8 is nearly between two, float32 and float64 may round it apart. */
const TOLERANCES: Readonly<Record<KvType, number>> = { f32: 1e-4, f16: 0.02, int8: 0.2 };

describe.skipIf(noWebGPU)(`on a device${ifWebGPU}`, () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.destroy());

  const prompt = Array.from({ length: 20 }, (_, i) => (7 * i) % 97);
  /** Logits of every token of the prompt, in chunks of at most `chunk` tokens, beside `others` sequences. */
  const logitsOf = async (backend: Backend, chunk: number, others: number): Promise<Float32Array[]> => {
    const driver = new PlanDriver(backend);
    const sequence = driver.start(prompt);
    const beside = Array.from({ length: others }, (_, i) => driver.start(prompt.slice(0, 9 + i)));
    const logits: Float32Array[] = [];
    while (sequence.computedCount < prompt.length) {
      const count = Math.min(chunk, prompt.length - sequence.computedCount);
      const rows = beside.filter((other) => other.computedCount === 0).map((other) => ({ sequence: other }));
      const samples = await driver.step([...rows, { sequence, count, sample: "all" }]);
      logits.push(...samples.slice(rows.length).map((sample) => sample.logits!.slice()));
    }
    return logits;
  };

  test.each(isSoak ? ALL : SAMPLE)(
    "%s, %s, keys and values as %s: logits are the reference's, the same bits in any batch and chunks",
    async (family, dtype, kv) => {
      const random = randomModel(3, { ...RANDOM_FAMILIES[family], dtype });
      const sizes = { model: random, blockCount: 48, blockSize: 4, maxTokens: 48, maxRequests: 4, keepLogits: true };
      const reference = createReferenceBackend(kv === "f32" ? sizes : { ...sizes, kv });
      const backend = await createWebGPUBackend({ ...sizes, ...forced, device, kv });
      expect(backend.info.groups).toEqual(reference.info.groups);
      const [expected, alone] = [await logitsOf(reference, 20, 0), await logitsOf(backend, 3, 0)];
      for (const [i, logits] of alone.entries()) expect(distance(logits, expected[i])).toBeLessThan(TOLERANCES[kv]);
      const together = await logitsOf(backend, 20, 2);
      expect(together.map(bits)).toEqual(alone.map(bits));
      await backend.dispose();
      await reference.dispose();
    },
  );
});
