import { describe, expect, test } from "vitest";
import { DeviceLimitError, InvalidOptionError } from "../../src/errors.ts";
import { GPUS, gpuNamed, MODELS, modelNamed, readingTokensPerSecond, roofline } from "../../src/roofline/index.ts";

const shape = modelNamed("llama-7b");

describe("roofline", () => {
  test("has the keys that others rely on", () => {
    expect(Object.keys(roofline({ gpu: gpuNamed("a10"), shape }))).toEqual(
      expect.arrayContaining([
        "bStar",
        "weightBytes",
        "kvBytesPerToken",
        "kvBytesPerSequence",
        "maxSequences",
        "stepSecondsAtOne",
        "stepSecondsAtBStar",
        "decodeTokensPerSecond",
        "dollarsPerHour",
        "dollarsPerMillionTokens",
      ]),
    );
  });

  test("the talk's page: Llama-7B on an A10", () => {
    const summary = roofline({ gpu: gpuNamed("a10"), shape });
    expect(summary).toMatchObject({
      kvBytesPerSequence: 2 ** 31,
      maxSequences: 5,
      weightBytes: 13_476_831_232,
      dollarsPerHour: 0.6,
    });
    expect(Math.round(summary.bStar)).toBe(208);
    expect(summary.stepSecondsAtOne).toSatisfy((seconds: number) => seconds > 0.022 && seconds < 0.03);
    // So few sequences fit that memory, not arithmetic, bounds the rate; each is still far above reading speed.
    expect(summary.decodeBatch).toBe(5);
    expect(summary.decodeTokensPerSecond / 5).toBeGreaterThan(readingTokensPerSecond());
  });

  test("rates, steps and dollars fit together, for whatever fits", () => {
    let pages = 0;
    for (const gpu of GPUS.values()) {
      for (const model of MODELS.values()) {
        try {
          const s = roofline({ gpu, shape: model, context: 2048 });
          pages++;
          expect(s.decodeBatch).toBe(Math.min(Math.round(s.bStar), s.maxSequences));
          expect(s.decodeTokensPerSecond * s.decodeStepSeconds).toBeCloseTo(s.decodeBatch, 9);
          expect((s.dollarsPerMillionTokens * s.decodeTokensPerSecond * 3600) / 1e6).toBeCloseTo(s.dollarsPerHour, 9);
          expect(s.stepSecondsAtBStar).toBeGreaterThan(s.stepSecondsAtOne);
          if (model.experts === null) {
            expect(s.stepSecondsAtOne).toBeGreaterThan(s.weightBytes / 2 / gpu.bytesPerSecond);
          }
        } catch (error) {
          if (!(error instanceof DeviceLimitError)) throw error;
        }
      }
    }
    expect(pages).toBeGreaterThan(80);
  });

  test("several GPUs cost and hold together", () => {
    const [one, two] = [1, 2].map((gpus) => roofline({ gpu: gpuNamed("a100-80gb"), shape, gpus }));
    expect(two.dollarsPerHour).toBe(2 * one.dollarsPerHour);
    expect(two.maxSequences).toBeGreaterThan(2 * one.maxSequences);
    expect(two.bStar).toBe(one.bStar);
    expect(two.stepSecondsAtOne).toBeLessThan(one.stepSecondsAtOne);
  });

  test("refuses what does not fit with the numbers, and a price that is none", () => {
    const long = () => roofline({ gpu: gpuNamed("a10"), shape, context: 100_000 });
    expect(long).toThrow(DeviceLimitError);
    expect(long).toThrow(
      "beside the weights of llama-7b 11.4 GiB are left on 1 x a10, a sequence of 100000 tokens takes 48.8 GiB",
    );
    expect(() => roofline({ gpu: gpuNamed("t4"), shape: modelNamed("llama-2-13b") })).toThrow(DeviceLimitError);
    expect(() => roofline({ gpu: gpuNamed("a10"), shape, dollarsPerHour: -1 })).toThrow(InvalidOptionError);
  });
});
