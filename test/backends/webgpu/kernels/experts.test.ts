import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Experts } from "../../../../src/backends/reference/experts.ts";
import { openWeights } from "../../../../src/backends/reference/weights.ts";
import { combineKernel, routeKernel } from "../../../../src/backends/webgpu/kernels/experts.ts";
import { expertKernel } from "../../../../src/backends/webgpu/kernels/linear.ts";
import { storeGated, storePlain } from "../../../../src/backends/webgpu/kernels/store.ts";
import { downMatrix, gateUpMatrix } from "../../../../src/backends/webgpu/matrices.ts";
import { type MatrixPlan, packedDType } from "../../../../src/backends/webgpu/packing.ts";
import { type KernelRun, type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import type { DType } from "../../../../src/model.ts";
import { toFloat32 } from "../../../../src/quantization/index.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { packAll } from "../../../support/webgpu-packing.ts";
import { columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const TOKENS = 5;
const COUNT = 6;

const modelOf = (normalized: boolean, dtype: DType) =>
  randomModel(2, {
    dtype,
    hiddenSize: 32,
    layers: [{ window: null, rope: 0, experts: true }],
    experts: { count: COUNT, perToken: 3, intermediateSize: 32, normalized },
  });

describe.skipIf(noWebGPU)(`experts${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  const columns = columnWords(TOKENS, 0, {});

  /** [expert, share] by choice of each token. */
  const route = async (logits: Float32Array, normalized: boolean): Promise<[number, number][][]> => {
    const { config } = modelOf(normalized, "F32");
    const padded = new Float32Array(TOKENS * 8).fill(1e9); // padding must not be chosen
    for (let i = 0; i < logits.length; i++) padded[Math.floor(i / COUNT) * 8 + (i % COUNT)] = logits[i];
    const run = {
      kernel: routeKernel(config.experts!, shapeOf(config)),
      data: [columns, padded, new Uint32Array(TOKENS * 6)],
      workgroups: [1, 1] as const,
    };
    const shares = await runKernel(bench, run, 2);
    const ids = new Uint32Array(shares.buffer);
    return Array.from({ length: TOKENS }, (_, t) =>
      [0, 1, 2].map((i): [number, number] => [ids[6 * t + 2 * i], shares[6 * t + 2 * i + 1]]),
    );
  };

  test.each([true, false])(
    "the largest logits are chosen, of equal ones the lower numbers; normalized: %s",
    async (normalized) => {
      const rows = [
        [0, 1, 2, 3, 4, 5],
        [5, 5, 5, 5, 5, 5],
        [1, -3, 1, 0, 1, 1],
        [9, 0, -9, 0, 9, 0],
        [-1e30, -2e30, -3e30, -4e30, -5e30, -6e30],
      ];
      const chosen = [
        [3, 4, 5],
        [0, 1, 2],
        [0, 2, 4],
        [0, 1, 4],
        [0, 1, 2],
      ];
      const choices = await route(Float32Array.from(rows.flat()), normalized);
      expect(choices.map((each) => each.map(([expert]) => expert))).toEqual(chosen);
      for (const [t, row] of rows.entries()) {
        const weights = row.map((logit) => Math.exp(logit - Math.max(...row)));
        const total = weights.reduce(
          (sum, weight, i) => (normalized && !chosen[t].includes(i) ? sum : sum + weight),
          0,
        );
        for (const [expert, share] of choices[t]) expect(Math.abs(share - weights[expert] / total)).toBeLessThan(1e-6);
      }
    },
  );

  test("NaN among the logits makes the shares NaN", async () => {
    const choices = await route(
      Float32Array.from({ length: TOKENS * COUNT }, (_, i) => (i === 7 ? Number.NaN : i % 5)),
      true,
    );
    expect(choices.map((each) => each.some(([, share]) => Number.isNaN(share)))).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    for (const [expert] of choices[1]) expect(expert).toBeLessThan(COUNT);
  });

  test.each<[boolean, DType]>([
    [true, "F32"],
    [false, "Q8_0"],
  ])("the sum of experts is its twin's; normalized %s, %s, split over two buffers", async (normalized, dtype) => {
    const model = modelOf(normalized, dtype);
    const { config } = model;
    const [layer] = model.layers;
    const shape = shapeOf(config);
    const x = numbers(TOKENS * 32, 4);
    const expected = new Float64Array(TOKENS * 32);
    new Experts(config, config.experts!, TOKENS).run(expected, x, openWeights(model).layers[0], TOKENS);

    const router = toFloat32(layer.router!);
    const logits = Float32Array.from({ length: TOKENS * COUNT }, (_, i) => {
      const [token, expert] = [Math.floor(i / COUNT), i % COUNT];
      return Array.from({ length: 32 }, (_unused, k) => x[token * 32 + k] * router[expert * 32 + k]).reduce(
        (a, b) => a + b,
      );
    });
    const choices = Uint32Array.from((await route(logits, normalized)).flat(2), (value, i) =>
      i % 2 === 0 ? value : new Uint32Array(Float32Array.of(value).buffer)[0],
    );

    const size = { intermediateSize: 32, matrixCount: COUNT };
    /** Rows of each token's experts, from a buffer of the first four and one of the others. */
    const multiply = async (plan: MatrixPlan, input: Float32Array, commonInput: boolean): Promise<Float32Array> => {
      const store = commonInput ? storeGated(shape.expertIntermediate, config.activation) : storePlain(shape.hidden);
      const kernel = expertKernel({ dtype: packedDType(plan), inputs: 8 }, { perToken: 3, commonInput }, store);
      const words = new Uint32Array(packAll(plan));
      const columnCount = plan.columnRows.length / 4;
      let outputs = new Float32Array(TOKENS * 3 * 32);
      for (const [firstExpert, expertCount] of [
        [0, 4],
        [4, 2],
      ]) {
        const own = words.slice(
          (firstExpert * words.length) / COUNT,
          ((firstExpert + expertCount) * words.length) / COUNT,
        );
        const run: KernelRun = {
          kernel,
          data: [columns, own, input, outputs, choices],
          part: { columnCount, firstExpert, expertCount },
          workgroups: [1, TOKENS * 3],
        };
        outputs = (await runKernel(bench, run, 3)) as Float32Array<ArrayBuffer>;
      }
      return outputs;
    };
    const gated = await multiply(gateUpMatrix(layer, config, size), Float32Array.from(x), true);
    const outputs = await multiply(downMatrix(layer, config, size), gated, false);
    const combine = (added: boolean): Promise<Float32Array> => {
      const kernel = combineKernel(config.experts!, shape, { added, factor: 0.5 });
      return runKernel(
        bench,
        { kernel, data: [columns, outputs, choices, new Float32Array(TOKENS * 32).fill(2)], workgroups: [1, TOKENS] },
        3,
      );
    };
    expect(distance(await combine(false), expected)).toBeLessThan(1e-5);
    expect(
      distance(
        await combine(true),
        expected.map((value) => 2 + 0.5 * value),
      ),
    ).toBeLessThan(1e-5);
  });
});
