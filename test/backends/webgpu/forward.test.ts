import { expect, test } from "vitest";
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
import type { KvType } from "../../../src/kv-type.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1, { vocabSize: 8 });

const buffers = {
  create: (label: string) => ({ label }),
  createMapped: (label: string, size: number) => ({ buffer: { label, unmap: () => {} }, target: new ArrayBuffer(size) }),
  createFilled: (label: string) => ({ label }),
} as unknown as Buffers;

interface Labels {
  readonly tokens: readonly string[];
  readonly tiles: readonly (readonly string[])[];
}

/** Labels of the launches that are prepared where a binding holds `bindingBytes`. */
async function labels(of: AnyModel, { bindingBytes = 2 ** 20, tileCount = 1, kvType = "f32" as KvType } = {}): Promise<Labels> {
  const { config } = of;
  const parts = kvParts({ config, blockSize: 4, type: kvType }, 15, bindingBytes);
  const device = { createBindGroup: (descriptor: unknown) => descriptor } as unknown as GPUDevice;
  const pipelines = { get: ({ label }: Kernel) => Promise.resolve({ pipeline: { label }, layout: {} }) } as unknown as Pipelines;
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
  } as unknown as ForwardParts);
  const name = ({ few }: (typeof prepared.tokens)[number]): string => few.pipeline.label.replace(/ F32$/, "");
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
  const experts = ["linear-row store-plain", "route", "linear-expert store-gated", "linear-expert store-plain", "combine-experts"];
  expect(tokens).toEqual(["embedding", NORM, ...attention, "linear-row store-plain", NORM, NORM, ...experts, NORM]);
});
