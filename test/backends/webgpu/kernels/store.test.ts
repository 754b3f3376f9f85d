import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { activateGate } from "../../../../src/backends/reference/gated.ts";
import { linear } from "../../../../src/backends/reference/linear.ts";
import { Matrix } from "../../../../src/backends/reference/matrix.ts";
import { softCap } from "../../../../src/backends/reference/soft-cap.ts";
import { linearKernel } from "../../../../src/backends/webgpu/kernels/linear.ts";
import { linearCut } from "../../../../src/backends/webgpu/kernels/linear-cuts.ts";
import { SOFTWARE_VARIANTS } from "../../../../src/backends/webgpu/kernels/variants.ts";
import {
  type Store,
  storeGated,
  storeLogits,
  storePlain,
  storeResidual,
} from "../../../../src/backends/webgpu/kernels/store.ts";
import { downMatrix, gateUpMatrix, vocabularyMatrix } from "../../../../src/backends/webgpu/matrices.ts";
import type { MatrixPlan } from "../../../../src/backends/webgpu/packing.ts";
import { type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import type { Activation } from "../../../../src/decoder.ts";
import type { Tensor } from "../../../../src/model.ts";
import { toFloat32 } from "../../../../src/quantization/index.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { packAll } from "../../../support/webgpu-packing.ts";
import { columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const ROW_CUT = linearCut(SOFTWARE_VARIANTS.linear[0], 1);
const ROWS = 3;
const { config, layers, head } = randomModel(5, {
  hiddenSize: 36,
  intermediateSize: 20,
  vocabSize: 44,
  biases: { qkv: false, output: false, feedForward: true },
});
const [layer] = layers;
const shape = shapeOf(config);
const SIZE = { intermediateSize: 20, matrixCount: 1 };

/** The twin's product with a tensor of the model, `x` [ROWS, in]. */
function product(x: Float64Array, tensor: Tensor): Float64Array {
  const out = new Float64Array(ROWS * tensor.shape[0]);
  linear(out, x, new Matrix(tensor), ROWS);
  return out;
}

describe.skipIf(noWebGPU)(`stores${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  /** Outputs, `size` numbers a row, that were `before`. */
  const run = (
    plan: MatrixPlan,
    x: Float64Array,
    store: Store,
    size: number,
    bias: Float32Array | null = null,
    before = 0,
  ): Promise<Float32Array> => {
    const columnCount = plan.columnRows.length / 4;
    const outputs = new Float32Array(ROWS * size).fill(before);
    const data = [
      columnWords(ROWS, ROWS, {}),
      new Uint32Array(packAll(plan)),
      Float32Array.from(x),
      outputs,
      ...(bias === null ? [] : [bias]),
    ];
    const kernel = linearKernel(
      ROW_CUT,
      { dtype: "F32", inputs: plan.inputs.length / 4, biased: bias !== null },
      store,
    );
    return runKernel(
      bench,
      { kernel, data, part: { columnCount }, workgroups: [Math.ceil(columnCount / 16), ROWS] },
      3,
    );
  };

  const x = numbers(ROWS * 36, 1);
  const gated = numbers(ROWS * 20, 2);

  test("outputs as they are, with a bias", async () => {
    const bias = toFloat32(layer.downBias!);
    const expected = product(gated, layer.down).map((value, i) => value + bias[i % 36]);
    expect(
      distance(await run(downMatrix(layer, config, SIZE), gated, storePlain(shape.hidden), 36, bias), expected),
    ).toBeLessThan(1e-5);
  });

  test("a multiple of the outputs is added to the hidden state", async () => {
    const expected = product(gated, layer.down).map((value) => 2 + 0.25 * value);
    expect(
      distance(await run(downMatrix(layer, config, SIZE), gated, storeResidual(shape, 0.25), 36, null, 2), expected),
    ).toBeLessThan(1e-5);
  });

  test.each<Activation>(["silu", "gelu_tanh"])("gate and up with %s and biases", async (activation) => {
    const biases = [layer.gateBias!, layer.upBias!].map(toFloat32);
    const both = Float32Array.from({ length: 40 }, (_, i) => biases[i & 1][i >> 1]);
    const [gate, up] = [layer.gate, layer.up].map((tensor, i) =>
      product(x, tensor).map((value, at) => value + biases[i][at % 20]),
    );
    activateGate(activation, gate, up, gate.length);
    expect(
      distance(
        await run(gateUpMatrix(layer, config, SIZE), x, storeGated(shape.intermediate, activation), 20, both),
        gate,
      ),
    ).toBeLessThan(1e-5);
  });

  test("an activation far from zero is finite", async () => {
    const far = x.map((value) => 1e4 * value);
    for (const activation of ["silu", "gelu_tanh"] as const) {
      const outputs = await run(gateUpMatrix(layer, config, SIZE), far, storeGated(shape.intermediate, activation), 20);
      expect(outputs.every(Number.isFinite)).toBe(true);
    }
  });

  test("logits are scaled, then capped; far ones reach the cap, NaN stays NaN", async () => {
    const store = storeLogits(shape, ROWS, { logitScale: 0.5, logitSoftCap: 3 });
    const expected = product(x, head).map((value) => softCap(0.5 * value, 3));
    expect(distance(await run(vocabularyMatrix(head, config), x, store, 44), expected)).toBeLessThan(1e-5);
    const far = await run(
      vocabularyMatrix(head, config),
      x.map((value) => 1e6 * value),
      store,
      44,
    );
    expect(far.every((value) => Math.abs(Math.abs(value) - 3) < 1e-6)).toBe(true);
    expect(
      (
        await run(
          vocabularyMatrix(head, config),
          x.map(() => Number.NaN),
          store,
          44,
        )
      ).every(Number.isNaN),
    ).toBe(true);
  });
});
