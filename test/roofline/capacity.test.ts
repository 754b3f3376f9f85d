import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeviceLimitError, InvalidOptionError } from "../../src/errors.ts";
import {
  capacity,
  GPUS,
  gpuNamed,
  MODELS,
  modelNamed,
  SERVING_MEMORY,
  weightBytes,
  parameterCount,
} from "../../src/roofline/index.ts";

const llama = modelNamed("llama-7b");
const a10 = gpuNamed("a10");

describe("capacity", () => {
  test.each([
    ["a10", 5],
    ["a100-80gb", 33],
  ])(
    "the talk: on %s %i sequences of 4,096 tokens fit beside Llama-7B, memory in GiB and nothing reserved",
    (name, expected) => {
      expect(capacity({ gpu: gpuNamed(name), shape: llama }).maxSequences).toBe(expected);
    },
  );

  test("weights shrink with their bits", () => {
    expect(weightBytes(llama, 16)).toBe(2 * 6_738_415_616);
    expect(weightBytes(llama, 8)).toBe(weightBytes(llama, 16) / 2);
    expect(weightBytes(llama, 4)).toBe(weightBytes(llama, 16) / 4);
  });

  test("the blocks that vLLM had beside Llama-3.1-8B on an RTX 4090 come out with what engines leave", () => {
    const { blockCount, blockBytes } = capacity({
      gpu: gpuNamed("rtx-4090"),
      shape: modelNamed("llama-3.1-8b"),
      ...SERVING_MEMORY,
    });
    expect(blockBytes).toBe(2 * 2 ** 20);
    expect(Math.abs(blockCount / 2588 - 1)).toBeLessThan(0.01);
  });

  test("two GPUs hold the weights once, and copies of a KV head where there are more GPUs than heads", () => {
    const two = capacity({ gpu: a10, shape: llama, gpus: 2 });
    expect(two.weightBytes).toBe(weightBytes(llama, 16));
    expect(two.kvBytes).toBe(2 * a10.memoryBytes - two.weightBytes);
    const shape = { ...llama, kvHeadCount: 2 };
    expect(capacity({ gpu: a10, shape, gpus: 8 }).kvBytesPerToken).toBe(
      4 * capacity({ gpu: a10, shape, gpus: 2 }).kvBytesPerToken,
    );
  });

  test("refuses weights over memory with the numbers", () => {
    const tooLarge = () => capacity({ gpu: a10, shape: modelNamed("llama-2-13b") });
    expect(tooLarge).toThrow(DeviceLimitError);
    expect(tooLarge).toThrow("the weights of llama-2-13b at 16 bits take 24.2 GiB, a10 has 24 GiB for them");
    expect(() => capacity({ gpu: a10, shape: modelNamed("llama-2-13b"), weightBits: 8 })).not.toThrow();
  });

  test.each([
    [{ context: 0 }, "context must be a positive integer, got 0"],
    [{ blockSize: 1.5 }, "blockSize must be a positive integer, got 1.5"],
    [{ memoryShare: 1.1 }, "memoryShare must be in (0, 1], got 1.1"],
    [{ reservedBytes: -1 }, "reservedBytes must be >= 0, got -1"],
  ])("refuses %o", (option, message) => {
    const refused = () => capacity({ gpu: a10, shape: llama, ...option });
    expect(refused).toThrow(InvalidOptionError);
    expect(refused).toThrow(message);
  });

  test("law: sequences in whole blocks fit, one more does not; never more than without blocks", () => {
    const options = fc.record({
      gpu: fc.constantFrom(...GPUS.values()),
      shape: fc.constantFrom(...[...MODELS.values()].filter((shape) => parameterCount(shape) < 30e9)),
      context: fc.integer({ min: 1, max: 20_000 }),
      blockSize: fc.constantFrom(1, 16, 256),
      weightBits: fc.constant(4),
      kvBits: fc.constantFrom(4, 8, 16),
    });
    fc.assert(
      fc.property(options, (given) => {
        const found = capacity(given);
        const oneTable = given.shape.layers.length === 1 && given.shape.layers[0].window === null;
        if (oneTable) {
          expect(found.maxSequences).toBe(Math.floor(found.blockCount / Math.ceil(given.context / given.blockSize)));
        }
        // A windowed group holds one block more than its window while it moves, so only sequences inside it obey the
        // plain bound.
        const inside = given.shape.layers.every(({ window }) => window === null || given.context <= window);
        if (inside) expect(found.maxSequences * found.kvBytesPerSequence).toBeLessThanOrEqual(found.kvBytes);
        expect((found.blockCount + 1) * found.blockBytes).toBeGreaterThan(found.kvBytes);
      }),
    );
  });
});
