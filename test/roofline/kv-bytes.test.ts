import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockBytesPerSequence,
  blocksPerSequence,
  kvBytesPerSequence,
  kvBytesPerToken,
  MODELS,
  modelNamed,
} from "../../src/roofline/index.ts";
import { kvCopies } from "../../src/roofline/kv-bytes.ts";

const llama = modelNamed("llama-7b");

describe("keys and values", () => {
  test("the talk: Llama-7B takes 2 GiB for 4,096 tokens, half a MiB a token", () => {
    expect(kvBytesPerToken(llama, 16)).toBe(2 ** 19);
    expect(kvBytesPerSequence(llama, 16, 4096)).toBe(2 ** 31);
  });

  test("the talk: grouped queries make Mistral's a quarter, 8 bits half of that", () => {
    expect(kvBytesPerToken(modelNamed("mistral-7b"), 16)).toBe(kvBytesPerToken(llama, 16) / 4);
    expect(kvBytesPerToken(modelNamed("mistral-7b"), 8)).toBe(kvBytesPerToken(llama, 16) / 8);
  });

  test("a window stops the growth: of all layers in Mistral, of half of them in Gemma 2", () => {
    const [mistral, gemma] = [modelNamed("mistral-7b"), modelNamed("gemma-2-2b")];
    expect(kvBytesPerSequence(mistral, 16, 32_768)).toBe(kvBytesPerSequence(mistral, 16, 4096));
    expect(kvBytesPerSequence(gemma, 16, 8192)).toBe(1.5 * kvBytesPerSequence(gemma, 16, 4096));
  });

  test("a windowed group holds at most one block more than its window", () => {
    expect(blocksPerSequence({ count: 1, window: 4096 }, 4096, 16)).toBe(256);
    expect(blocksPerSequence({ count: 1, window: 4096 }, 32_768, 16)).toBe(257);
    expect(blocksPerSequence({ count: 1, window: null }, 32_768, 16)).toBe(2048);
    expect(blocksPerSequence({ count: 1, window: null }, 17, 16)).toBe(2);
  });

  test("each GPU keeps a whole head: more GPUs than KV heads store copies", () => {
    const mistral = modelNamed("mistral-7b"); // 8 KV heads
    expect([1, 2, 8, 16].map((gpus) => kvCopies(mistral, gpus))).toEqual([1, 1, 1, 2]);
  });

  test("law: blocks hold the sequence, and less than one block a group too much (two while a window moves)", () => {
    const sequence = fc.record({
      shape: fc.constantFrom(...MODELS.values()),
      context: fc.integer({ min: 1, max: 50_000 }),
      blockSize: fc.constantFrom(1, 16, 128),
    });
    fc.assert(
      fc.property(sequence, ({ shape, context, blockSize }) => {
        const [plain, blocks] = [
          kvBytesPerSequence(shape, 16, context),
          blockBytesPerSequence(shape, 16, context, blockSize),
        ];
        expect(blocks).toBeGreaterThanOrEqual(plain);
        expect(blocks).toBeLessThan(plain + 2 * blockSize * kvBytesPerToken(shape, 16));
      }),
    );
  });
});
