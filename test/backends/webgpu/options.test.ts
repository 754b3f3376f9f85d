import { describe, expect, test } from "vitest";
import { kvBytesPerBlock } from "../../../src/backends/webgpu/kv-storage.ts";
import { resolveOptions } from "../../../src/backends/webgpu/options.ts";
import { InvalidOptionError, UnsupportedModelError } from "../../../src/errors.ts";
import type { DecoderConfig } from "../../../src/decoder.ts";
import type { KvType } from "../../../src/kv-type.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1);
const SIZES = { model, blockCount: 4, blockSize: 16, maxTokens: 8, maxRequests: 2 };

test("defaults are filled in", () => {
  const defaults = { hostBlockCount: 0, keepLogits: false, kv: "f32", variants: null, exact: true };
  expect(resolveOptions(SIZES)).toEqual({ ...SIZES, ...defaults });
});

describe("kvBytes", () => {
  const perBlock = kvBytesPerBlock({ config: model.config, blockSize: 16, type: "f32" });
  const { blockCount: _, ...rest } = SIZES;

  test("gives as many blocks as fit, less the one that is never used", () => {
    expect(resolveOptions({ ...rest, kvBytes: 5 * perBlock }).blockCount).toBe(4);
    expect(resolveOptions({ ...rest, kvBytes: 6 * perBlock - 1 }).blockCount).toBe(4);
  });

  test("says how many bytes the least is", () => {
    expect(() => resolveOptions({ ...rest, kvBytes: 2 * perBlock - 1 })).toThrow(
      `kvBytes must be at least ${2 * perBlock}, two blocks of 16 tokens, got ${2 * perBlock - 1}`,
    );
  });

  test("gives more blocks of smaller numbers", () => {
    const int8 = kvBytesPerBlock({ config: model.config, blockSize: 16, type: "int8" });
    expect(resolveOptions({ ...rest, kvBytes: 5 * perBlock, kv: "int8" }).blockCount).toBe(
      Math.floor((5 * perBlock) / int8) - 1,
    );
  });

  test("and blockCount exclude each other", () => {
    expect(() => resolveOptions(rest)).toThrow("give either blockCount or kvBytes");
    expect(() => resolveOptions({ ...SIZES, kvBytes: 1 })).toThrow(InvalidOptionError);
  });
});

test.each([
  [{ blockSize: 0 }, "blockSize must be an integer in [1, 1024], got 0"],
  [{ blockCount: 0.5 }, /^blockCount must be an integer in \[1, \d+\], got 0.5$/],
  [{ hostBlockCount: -1 }, /^hostBlockCount must be an integer in \[0, \d+\], got -1$/],
  [{ maxTokens: 65_536 }, "maxTokens must be an integer in [1, 65535], got 65536"],
  [{ kv: "f8" as KvType }, "kv must be f32, f16, int8, got f8"],
  [{ maxRequests: 0 }, "maxRequests must be an integer in [1, 65535], got 0"],
])("%o is refused", (change, message) => {
  expect(() => resolveOptions({ ...SIZES, ...change })).toThrow(message);
});

test.each([
  [{ headCount: 3 }, "3 query heads do not share 2 key heads evenly"],
  [{ headDim: 5 }, "headDim must be even for the rotary embedding, got 5"],
  [{ headDim: 258 }, "headDim must be at most 256, got 258"],
])("a model with %o is refused", (change, message) => {
  const odd = { ...model, config: { ...model.config, ...change } };
  expect(() => resolveOptions({ ...SIZES, model: odd })).toThrow(new UnsupportedModelError(message));
});

test.each<[Partial<DecoderConfig>, string]>([
  [{ norm: { ...model.config.norm, kind: "layer" } }, "norm layer"],
  [{ activation: "relu" }, "activation relu"],
  [{ gated: false }, "a feed-forward without gate"],
  [{ learnedPositions: 64 }, "a learned position embedding"],
  [
    {
      experts: { count: 2, perToken: 1, intermediateSize: 4, normalized: true },
      biases: { qkv: false, output: false, feedForward: true },
    },
    "a bias of experts",
  ],
  [{ layers: [{ window: null, rope: 0, experts: true }] }, "a layer of experts without their sizes"],
])("a part that no kernel computes is refused by its name: %o", (change, part) => {
  const odd = { ...model, config: { ...model.config, ...change } };
  expect(() => resolveOptions({ ...SIZES, model: odd })).toThrow(
    new UnsupportedModelError(`LlamaForCausalLM: ${part} is not implemented in the webgpu backend`),
  );
});

test("the rows of a step's experts are counted", () => {
  const experts = { count: 16, perToken: 8, intermediateSize: 4, normalized: true };
  const mixed = { ...model, config: { ...model.config, experts } };
  expect(() => resolveOptions({ ...SIZES, model: mixed, maxTokens: 8192 })).toThrow(
    "maxTokens must be an integer in [1, 8191], got 8192",
  );
});
