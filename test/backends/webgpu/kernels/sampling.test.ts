import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { greedyKernel, logprobsKernel, sampleKernel } from "../../../../src/backends/webgpu/kernels/sampling.ts";
import { type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { resultWords } from "../../../../src/backends/webgpu/sampler.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import { MAX_TOP_LOGPROBS } from "../../../../src/config.ts";
import { GREEDY, type SamplingParams } from "../../../../src/sampling-params.ts";
import { LogprobWriter, Sampler, argmax, createLogprobColumns } from "../../../../src/sampling/index.ts";
import type { SamplingColumns } from "../../../../src/step.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { numbers } from "../../../support/numbers.ts";
import { columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;

describe.skipIf(noWebGPU)(`sampling${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  /** Runs a kernel on rows of logits, after `ids` were sampled from them; resolves with the results' words. */
  const run = async (
    kernelOf: typeof logprobsKernel,
    rows: readonly ArrayLike<number>[],
    params: readonly Partial<SamplingParams>[],
    ids: readonly number[] = [],
  ): Promise<Int32Array> => {
    const vocabSize = rows[0].length;
    const shape = shapeOf(randomModel(1, { vocabSize, hiddenSize: 4, intermediateSize: 4, layerCount: 1 }).config);
    const stride = 4 * shape.vocabulary;
    const logits = new Float32Array(rows.length * stride).fill(INF); // padding must not win
    for (const [i, row] of rows.entries()) logits.set(Array.from(row), i * stride);
    const results = new Int32Array(resultWords(rows.length));
    results.set(ids);
    const run1 = {
      kernel: kernelOf(shape, vocabSize, rows.length),
      data: [columnsOf(params), logits, results],
      workgroups: [rows.length, 1] as const,
    };
    return new Int32Array((await runKernel(bench, run1, 2)).buffer);
  };

  const greedy = async (rows: readonly ArrayLike<number>[]): Promise<number[]> =>
    Array.from(
      (
        await run(
          greedyKernel,
          rows,
          rows.map(() => GREEDY),
        )
      ).subarray(0, rows.length),
    );

  describe("greedy", () => {
    test("takes the largest, ties to the lowest id, NaN never", async () => {
      const rows = [
        [1, 3, 2, 3, -1],
        [NAN, -5, NAN, -4, -4],
        [-0, 0, -0, 0, -1],
        [NAN, NAN, NAN, NAN, NAN],
        [-INF, -INF, 1, INF, INF],
        [-INF, -INF, -INF, -INF, -INF],
      ];
      expect(await greedy(rows)).toEqual([1, 3, 0, 0, 3, 0]);
    });

    test("flags the rows whose logits are not all finite", async () => {
      const rows = [
        [1, 3, 2],
        [1, NAN, 2],
        [INF, 0, 0],
        [-INF, 0, 0],
        [3e38, -3e38, -0],
      ];
      const results = await run(
        greedyKernel,
        rows,
        rows.map(() => GREEDY),
      );
      expect([...results.subarray(rows.length, 2 * rows.length)]).toEqual([0, 1, 1, 1, 0]);
    });

    test("agrees with its twin on any row, larger and smaller than a workgroup", async () => {
      for (const vocabSize of [1, 63, 64, 65, 1000]) {
        const rows = Array.from({ length: 4 }, (_, i) =>
          Array.from(numbers(vocabSize, i), (value) => Math.round(8 * value)),
        );
        expect(await greedy(rows)).toEqual(rows.map((row) => argmax(Float64Array.from(row), vocabSize)));
      }
    });
  });

  describe("seeded sampling", () => {
    const PARAMS: Partial<SamplingParams>[] = [
      { temperature: 1 },
      { temperature: 0.3, topK: 7 },
      { temperature: 2, topP: 0.5 },
      { temperature: 0.7, topK: 20, topP: 0.9, minP: 0.05 },
      { temperature: 1, minP: 1 },
      { temperature: 5, topK: 1 },
      { temperature: 0 },
    ];

    test.each([5, 130, 1000])(
      "chooses what its twin chooses of %i tokens, wherever rounding leaves no doubt",
      async (vocabSize) => {
        const params = Array.from({ length: 8 }, (_, seed) =>
          PARAMS.map((each) => ({ ...each, seed: seed * 1_000_000_007 })),
        ).flat();
        // rounded, so that ties are cut by top-k and top-p
        const rows = params.map((_, i) =>
          Float32Array.from(numbers(vocabSize, i), (value) => Math.round(24 * value) / 4),
        );
        const actual = await sample(rows, params);
        const sampler = new Sampler(vocabSize);
        const expected = rows.map((row, i) => sampler.sample(row, samplingColumns(params), i, i + 1));
        const different = actual.flatMap((id, i) => (id === expected[i] ? [] : [i]));
        for (const i of different) {
          expect(
            isNearTie(rows[i], params[i], i, actual[i], expected[i]),
            `sample ${i}: ${actual[i]}, not ${expected[i]}`,
          ).toBe(true);
        }
        expect(different.length).toBeLessThan(rows.length / 20);
      },
    );

    test("NaN, infinite and equal logits", async () => {
      const rows = [
        [NAN, 1, NAN, 1],
        [NAN, NAN, NAN, NAN],
        [1, INF, 2, INF],
        [-INF, -INF, -INF, 4],
        [2, 2, 2, 2],
        [2, 2, 2, 1],
      ];
      const params = rows.map((_, i) =>
        i < 4 ? { temperature: 1, topK: 3, topP: 0.99 } : { temperature: 1, topP: 0.01 },
      );
      const actual = await sample(rows, params);
      const sampler = new Sampler(4);
      expect(actual).toEqual(
        rows.map((row, i) => sampler.sample(Float32Array.from(row), samplingColumns(params), i, i + 1)),
      );
    });

    test("the smallest top-p keep the likeliest alone, as the reference does: devices take numbers below 1.2e-38 for 0", async () => {
      const params = [1e-60, 1e-45, 1e-40, 1.1e-38, 1.2e-38, 1e-30, 1e-10].flatMap((topP) =>
        [1, 2, 3, 4].map((seed) => ({ temperature: 10, topP, seed })),
      );
      expect(
        await sample(
          params.map(() => [1, 3, 2, 2.9]),
          params,
        ),
      ).toEqual(params.map(() => 1));
    });

    test("a temperature too small for float32 is greedy", async () => {
      expect(await sample([[1, 5, 2, 5]], [{ temperature: 1e-44 }])).toEqual([1]);
    });

    /** Greedy first, as in a step. */
    async function sample(
      rows: readonly ArrayLike<number>[],
      params: readonly Partial<SamplingParams>[],
    ): Promise<number[]> {
      return Array.from((await run(sampleKernel, rows, params, await greedy(rows))).subarray(0, rows.length));
    }

    /** Whether a draw moved by float32's rounding would choose the other id. */
    function isNearTie(
      row: Float32Array,
      params: Partial<SamplingParams>,
      i: number,
      actual: number,
      expected: number,
    ): boolean {
      const weights = Array.from(row, (logit) => Math.exp((logit - Math.max(...row)) / (params.temperature ?? 1)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const [low, high] = [Math.min(actual, expected), Math.max(actual, expected)];
      return weights.slice(low + 1, high).reduce((sum, weight) => sum + weight, 0) < 1e-4 * total && i >= 0;
    }
  });

  describe("log probabilities", () => {
    test("agree with their twin to 1e-4, ids exactly", async () => {
      const vocabSize = 300;
      const params = [-1, 0, 1, 5, 20].map((logprobs) => ({ logprobs }));
      const rows = params.map((_, i) =>
        Float32Array.from(numbers(vocabSize, i), (value) => Math.round(40 * value) / 4),
      );
      const ids = [3, 299, 0, 17, 150];
      const words = await run(logprobsKernel, rows, params, ids);
      const reals = new Float32Array(words.buffer);
      const expected = createLogprobColumns(rows.length);
      const writer = new LogprobWriter(vocabSize);
      for (const [i, { logprobs }] of params.entries()) {
        if (logprobs >= 0) writer.write(expected, i, rows[i], ids[i], logprobs);
      }
      const tops = rows.length * MAX_TOP_LOGPROBS;
      expectClose(reals.slice(2 * rows.length, 3 * rows.length), expected.logprobs);
      expect(Array.from(words.subarray(3 * rows.length, 3 * rows.length + tops))).toEqual([...expected.topIds]);
      expectClose(reals.slice(3 * rows.length + tops), expected.topLogprobs);
    });

    test("fill up with id -1 where there are fewer tokens, and leave NaN out", async () => {
      const words = await run(logprobsKernel, [[1, NAN, 3]], [{ logprobs: 4 }], [2]);
      expect(Array.from(words.subarray(3, 7))).toEqual([2, 0, -1, -1]);
      const tops = new Float32Array(words.buffer).slice(3 + MAX_TOP_LOGPROBS, 7 + MAX_TOP_LOGPROBS);
      expect(tops[0]).toBeCloseTo(-Math.log(1 + Math.exp(-2)), 5);
      expect(Array.from(tops.subarray(2))).toEqual([-INF, -INF]);
    });

    function expectClose(actual: Float32Array, expected: Float32Array): void {
      for (const [i, value] of expected.entries()) expect(Math.abs(actual[i] - value)).toBeLessThan(1e-4);
    }
  });
});

/** One sample a token: sample i is of token i, at position i. */
function columnsOf(params: readonly Partial<SamplingParams>[]): Int32Array {
  const { temperature, topK, topP, minP, seed, choice, logprobs } = samplingColumns(params);
  const index = params.map((_, i) => i);
  const [seedLow, seedHigh] = [index.map((i) => seed[2 * i]), index.map((i) => seed[2 * i + 1])];
  return columnWords(params.length, params.length, {
    positions: index,
    sampleRows: index,
    temperature,
    topK,
    topP,
    minP,
    seedLow,
    seedHigh,
    choice,
    logprobs,
  });
}

function samplingColumns(params: readonly Partial<SamplingParams>[]): SamplingColumns {
  const all = params.map((each) => ({ ...GREEDY, ...each }));
  return {
    temperature: Float32Array.from(all, (p) => p.temperature),
    topK: Int32Array.from(all, (p) => p.topK),
    topP: Float32Array.from(all, (p) => p.topP),
    minP: Float32Array.from(all, (p) => p.minP),
    seed: Int32Array.from(all.flatMap((p) => [p.seed | 0, Math.floor(p.seed / 2 ** 32)])),
    choice: new Int32Array(all.length),
    logprobs: Int32Array.from(all, (p) => p.logprobs),
  };
}
