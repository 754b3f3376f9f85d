import { describe, expect, test } from "vitest";
import { kvBytesPerBlock } from "../../../src/backends/webgpu/kv-storage.ts";
import { resolveOptions } from "../../../src/backends/webgpu/options.ts";
import { InvalidOptionError, UnsupportedModelError } from "../../../src/errors.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1);
const SIZES = { model, blockCount: 4, blockSize: 16, maxTokens: 8, maxRequests: 2 };

test("defaults are filled in", () => {
  expect(resolveOptions(SIZES)).toEqual({ ...SIZES, hostBlockCount: 0, keepLogits: false, variants: null });
});

describe("kvBytes", () => {
  const perBlock = kvBytesPerBlock(model.config, 16);
  const { blockCount: _, ...rest } = SIZES;

  test("gives as many blocks as fit, less the one that is never used", () => {
    expect(resolveOptions({ ...rest, kvBytes: 5 * perBlock }).blockCount).toBe(4);
    expect(resolveOptions({ ...rest, kvBytes: 6 * perBlock - 1 }).blockCount).toBe(4);
  });

  test("says how many bytes the least is", () => {
    expect(() => resolveOptions({ ...rest, kvBytes: 2 * perBlock - 1 })).toThrow(`kvBytes must be at least ${2 * perBlock}, two blocks of 16 tokens, got ${2 * perBlock - 1}`);
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
