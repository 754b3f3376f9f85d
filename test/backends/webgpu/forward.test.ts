import { expect, test } from "vitest";
import { type ForwardParts, prepareForward } from "../../../src/backends/webgpu/forward.ts";
import { SOFTWARE_VARIANTS } from "../../../src/backends/webgpu/kernels/variants.ts";
import type { Kernel } from "../../../src/backends/webgpu/kernels/kernel.ts";
import { kvParts } from "../../../src/backends/webgpu/kv-storage.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1, { vocabSize: 8 });
const { config } = model;

/** Labels of the launches that are prepared where a binding holds `bindingBytes`. */
async function labels(bindingBytes: number, tileCount: number): Promise<{ tokens: string[]; tiles: string[][] }> {
  const buffers = { createFilled: (label: string) => ({ label }) };
  const parts = kvParts(config, 4, 15, bindingBytes);
  const prepared = await prepareForward({
    device: { createBindGroup: (descriptor: unknown) => descriptor },
    buffers,
    pipelines: { get: ({ label }: Kernel) => Promise.resolve({ pipeline: { label }, layout: {} }) },
    model,
    kv: { parts, buffers: parts.map((_, i) => ({ label: `kv ${i}` })) },
    blockSize: 4,
    columns: {},
    results: {},
    angles: {},
    activations: { hidden: {}, normed: {}, queries: {}, attended: {}, gated: {}, sampled: {}, logits: {} },
    tile: 4,
    tileCount,
    bindingBytes,
    variants: SOFTWARE_VARIANTS,
  } as unknown as ForwardParts);
  const name = ({ few }: (typeof prepared.tokens)[number]): string => few.pipeline.label.replace(/ F32$/, "");
  return { tokens: prepared.tokens.map(name), tiles: prepared.tiles.map((tile) => tile.map(name)) };
}

const ATTENTION = ["linear-row store-qkv", "attention-thread"];
const layer = (heads: number): string[] => [
  "rms-norm-thread tokens",
  ...Array.from({ length: heads }, () => ATTENTION).flat(),
  "linear-row store-residual",
  "rms-norm-thread tokens",
  "linear-row store-swiglu",
  "linear-row store-residual",
];

test("a forward pass is embedding, layers, and for each tile the norm and logits of its samples", async () => {
  const { tokens, tiles } = await labels(2 ** 20, 2);
  expect(tokens).toEqual(["embedding", ...layer(1), ...layer(1)]);
  expect(tiles).toEqual(Array.from({ length: 2 }, () => ["rms-norm-thread samples", "linear-row store-logits"]));
});

test("where keys and values are split by heads, each part has its own products and attention", async () => {
  const { tokens } = await labels(5000, 1); // keys and values of one head in 16 blocks take 4 KiB, gate and up 11
  expect(tokens.filter((label) => label === "attention-thread")).toHaveLength(4);
  expect(tokens.filter((label) => label === "linear-row store-qkv")).toHaveLength(4);
  expect(tokens.filter((label) => label === "linear-row store-swiglu")).toHaveLength(6);
});
