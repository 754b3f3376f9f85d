import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { cheapestGpu, GPUS, gpuNamed, modelNamed, rankGpus } from "../../src/roofline/index.ts";

const shape = modelNamed("mistral-7b");
const million = { shape, requestsPerSecond: 1e6 / 86_400, promptTokens: 300, outputTokens: 100 };

describe("cheapestGpu", () => {
  test("the talk: a million requests of 300 + 100 tokens a day for about 15 dollars on one A10", () => {
    const plan = cheapestGpu(million);
    expect(plan.gpu.name).toBe("a10");
    expect(plan.gpus * plan.replicas).toBe(1);
    expect(plan.dollarsPerDay).toBeCloseTo(14.4, 2);
    expect(plan.full.requestsPerSecond).toBeGreaterThan(million.requestsPerSecond);
    expect(plan.full.stepSeconds).toBeLessThan(0.18);
  });

  test("requests ten times as long need more than that A10", () => {
    const [plan] = rankGpus({ ...million, promptTokens: 3000, outputTokens: 1000 }, [gpuNamed("a10")]).plans;
    expect(plan.gpus * plan.replicas).toBeGreaterThanOrEqual(10);
  });

  test("a tighter time between tokens costs more", () => {
    const tight = cheapestGpu({ ...million, maxSecondsPerToken: 0.02 });
    expect(tight.full.stepSeconds).toBeLessThanOrEqual(0.02);
    expect(tight.dollarsPerDay).toBeGreaterThan(cheapestGpu(million).dollarsPerDay);
  });

  test("says why each way is refused where none is left", () => {
    const impossible = () => cheapestGpu({ ...million, maxSecondsPerToken: 1e-6 }, [gpuNamed("t4")]);
    expect(impossible).toThrow(InvalidOptionError);
    expect(impossible).toThrow(
      /^no GPU serves this load; 8 x t4: one request alone takes longer than 0.000001 s a token$/,
    );
    const [alone] = rankGpus({ ...million, shape: modelNamed("llama-2-70b") }, [gpuNamed("h100")]).refused;
    expect(alone).toMatchObject({ gpus: 1, reason: expect.stringContaining("take 128 GiB") });
    expect(
      rankGpus({ ...million, shape: modelNamed("qwen2.5-0.5b") }, [gpuNamed("a10")]).plans.map(({ gpus }) => gpus),
    ).toEqual([1, 2]); // 14 heads
    const [long] = rankGpus({ ...million, promptTokens: 20_000 }, [gpuNamed("a10")]).refused;
    expect(long).toBeUndefined(); // Mistral's window: a long prompt holds no more than 4,096 tokens.
    const [full] = rankGpus({ ...million, shape: modelNamed("llama-7b"), promptTokens: 30_000 }, [
      gpuNamed("a10"),
    ]).refused;
    expect(full.reason).toBe("weights fit, but no sequence beside them");
  });

  test.each([
    [{ requestsPerSecond: 0 }, "requestsPerSecond must be a finite number above 0, got 0"],
    [{ promptTokens: 1.5 }, "promptTokens must be a positive integer, got 1.5"],
    [{ maxSecondsPerToken: -1 }, "maxSecondsPerToken must be a finite number above 0, got -1"],
  ])("refuses %o", (option, message) => {
    expect(() => cheapestGpu({ ...million, ...option })).toThrow(message);
  });

  test("law: plans serve the load within the time, dearest last, and every way is either a plan or refused", () => {
    const target = fc.record({
      requestsPerSecond: fc.double({ min: 0.01, max: 100, noNaN: true }),
      promptTokens: fc.integer({ min: 1, max: 4000 }),
      outputTokens: fc.integer({ min: 1, max: 1000 }),
      maxSecondsPerToken: fc.double({ min: 0.005, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(target, (given) => {
        const { plans, refused } = rankGpus({ shape, ...given });
        expect(plans.length + refused.length).toBe(4 * GPUS.size);
        for (const [index, plan] of plans.entries()) {
          expect(plan.replicas * plan.full.requestsPerSecond).toBeGreaterThanOrEqual(
            given.requestsPerSecond * (1 - 1e-12),
          );
          expect(plan.full.stepSeconds).toBeLessThanOrEqual(given.maxSecondsPerToken);
          if (index > 0) expect(plan.dollarsPerDay).toBeGreaterThanOrEqual(plans[index - 1].dollarsPerDay);
        }
      }),
      { numRuns: 30 },
    );
  });
});
