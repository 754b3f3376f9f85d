import { expect, test } from "vitest";
import { DEFAULT_KV_BYTES, defaultBlockCount } from "../../../src/cli/generate/block-count.ts";
import { randomModel } from "../../../src/testing/index.ts";

const { config } = randomModel(1); // 2 layers, 2 KV heads of 8, context 128

test("every request has its own blocks, whole ones", () => {
  expect(defaultBlockCount(config, { lengths: [1, 16, 17], maxRequests: 8, blockSize: 16, kv: "f32" })).toBe(1 + 1 + 2);
});

test("no more than run at a time, the longest of them", () => {
  expect(defaultBlockCount(config, { lengths: [16, 64, 32], maxRequests: 2, blockSize: 16, kv: "f32" })).toBe(4 + 2);
});

test("no request is longer than the context", () => {
  expect(
    defaultBlockCount(config, { lengths: [Number.MAX_SAFE_INTEGER], maxRequests: 1, blockSize: 16, kv: "f32" }),
  ).toBe(128 / 16);
});

test("the bytes are bounded", () => {
  const bytesPerBlock = 2 * 2 * 2 * 8 * 16 * 4;
  const lengths = new Array<number>(40_000).fill(128);
  expect(defaultBlockCount(config, { lengths, maxRequests: 65_535, blockSize: 16, kv: "f32" })).toBe(
    DEFAULT_KV_BYTES / bytesPerBlock,
  );
});

test("there is always a block", () => {
  const huge = {
    ...config,
    layers: new Array(1000).fill(config.layers[0]),
    kvHeadCount: 1000,
    headDim: 1000,
    contextLength: 4096,
  };
  expect(defaultBlockCount(huge, { lengths: [4096], maxRequests: 1, blockSize: 1024, kv: "f32" })).toBe(1);
});

test("each group of layers has its own table, and the type its own bytes", () => {
  const layers = [32, null, 32, null].map((window) => ({ window, rope: 0, experts: false }));
  expect(defaultBlockCount({ ...config, layers }, { lengths: [33], maxRequests: 1, blockSize: 16, kv: "f16" })).toBe(
    2 * 3,
  );
  const many = { lengths: new Array<number>(40_000).fill(128), maxRequests: 65_535, blockSize: 16 };
  const count = (kv: "f32" | "int8"): number => defaultBlockCount(config, { ...many, kv });
  expect([count("f32"), count("int8")]).toEqual([DEFAULT_KV_BYTES / (2 * 2 * 2 * 8 * 16 * 4), 40_000 * 8]);
});
