import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blocksHeld, bytesPerBlock, sequencesThatFit } from "../../src/blocks/accounting.ts";
import { InvalidOptionError } from "../../src/errors.ts";

const llama = { layerCount: 32, kvHeadCount: 8, headDim: 128, bits: 16 };

describe("bytesPerBlock", () => {
  test("is keys and values of all layers: 128 KiB a token of Llama 3 8B at 16 bits", () => {
    expect(bytesPerBlock(llama, 1)).toBe(128 * 1024);
    expect(bytesPerBlock({ ...llama, bits: 8 }, 16)).toBe(1024 * 1024);
  });

  test.each([
    ["layerCount", 0],
    ["kvHeadCount", -1],
    ["headDim", 1.5],
    ["bits", Number.NaN],
  ])("refuses %s of %s", (name, value) => {
    expect(() => bytesPerBlock({ ...llama, [name]: value }, 16)).toThrow(
      new InvalidOptionError(`${name} must be an integer >= 1, got ${value}`),
    );
  });

  test("refuses blocks of nothing", () =>
    expect(() => bytesPerBlock(llama, 0)).toThrow(new InvalidOptionError("blockSize must be an integer >= 1, got 0")));
});

test("blocksHeld rounds up, and stops growing with a window", () => {
  expect([0, 1, 16, 17].map((tokens) => blocksHeld(tokens, 16, null))).toEqual([0, 1, 1, 2]);
  expect([16, 17, 100].map((tokens) => blocksHeld(tokens, 16, 17))).toEqual([1, 2, 3]);
});

test("sequencesThatFit is the most that fit, and not one more", () => {
  const groups = fc.array(fc.record({ window: fc.option(fc.integer({ min: 1, max: 50 })) }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 1, max: 300 }),
      groups,
      (blockCount, blockSize, tokenCount, given) => {
        const fit = sequencesThatFit({ blockCount, blockSize, tokenCount, groups: given });
        const each = given.reduce((sum, { window }) => sum + blocksHeld(tokenCount, blockSize, window), 0);
        expect([fit * each <= blockCount, (fit + 1) * each > blockCount]).toEqual([true, true]);
      },
    ),
  );
});
