import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add } from "../../../../src/backends/reference/add.ts";
import { linear } from "../../../../src/backends/reference/linear.ts";
import { RopeAngles, rotate } from "../../../../src/backends/reference/rope.ts";
import { activateGate } from "../../../../src/backends/reference/gated.ts";
import { Matrix } from "../../../../src/backends/reference/matrix.ts";
import { angleStride, fillAngles } from "../../../../src/backends/webgpu/angles.ts";
import { linearKernel } from "../../../../src/backends/webgpu/kernels/linear.ts";
import { linearCut, workgroupRows } from "../../../../src/backends/webgpu/kernels/linear-cuts.ts";
import { VARIANTS } from "../../../../src/backends/webgpu/kernels/variants.ts";
import {
  type Store,
  storeGated,
  storeLogits,
  storeQkv,
  storeResidual,
} from "../../../../src/backends/webgpu/kernels/store.ts";
import { gateUpMatrix, outputMatrix, qkvMatrix, vocabularyMatrix } from "../../../../src/backends/webgpu/matrices.ts";
import { type MatrixPlan, packedDType } from "../../../../src/backends/webgpu/packing.ts";
import { type KernelBuffer, type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import type { Tensor } from "../../../../src/model.ts";
import { isFloat, quantize, toFloat32 } from "../../../../src/quantization/index.ts";
import { type RandomModelOptions, randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { packAll } from "../../../support/webgpu-packing.ts";
import { isSoak } from "../../../support/soak.ts";
import {
  FIRST_GROUP,
  bits,
  columnWords,
  forcedFamily,
  ifWebGPU,
  noWebGPU,
  openWorkbench,
} from "../../../support/webgpu.ts";

const CLASSES = Object.fromEntries(
  Object.values(VARIANTS).flatMap((variants) =>
    variants.linear.map((each) => [`${each.kind} ${workgroupRows(each)}`, each]),
  ),
);
/** All of them under `npm run lavapipe` and `npm run soak -- webgpu-kernels`. */
const NAMES = isSoak || forcedFamily !== null ? Object.keys(CLASSES) : ["row 1", "tile 8", "split 2", "block 64"];
/** Sums of some hundred products of numbers below 2 in float32 differ from float64 by less. */
const TOLERANCE = 1e-4;

/** Two segments and a ragged rest, more than one workgroup of columns, nothing a multiple of four. */
const WIDE: RandomModelOptions = {
  hiddenSize: 281,
  headCount: 6,
  kvHeadCount: 3,
  headDim: 10,
  intermediateSize: 75,
  vocabSize: 131,
};
const SMALL: RandomModelOptions = {
  hiddenSize: 7,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 4,
  intermediateSize: 3,
  vocabSize: 5,
};

describe.skipIf(noWebGPU)(`linear${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  /** Input rows padded to whole vectors. */
  const padRows = (rows: Float64Array, size: number, padded: number): Float32Array => {
    const out = new Float32Array((rows.length / size) * padded);
    for (let i = 0; i < rows.length; i++) out[Math.floor(i / size) * padded + (i % size)] = rows[i];
    return out;
  };

  interface Product {
    readonly plan: MatrixPlan;
    readonly inputs: Float32Array;
    readonly store: Store;
    readonly outputs: readonly KernelBuffer[];
    /** By column. */
    readonly bias?: Float32Array;
    /** Columns beside the counts that the store reads. */
    readonly columns?: Parameters<typeof columnWords>[2];
    readonly part?: object;
    /** Which of the bound buffers is returned. */
    readonly read?: number;
  }

  const run = (
    variant: string,
    rows: number,
    { plan, inputs, store, outputs, bias, columns = {}, part = {}, read = 3 }: Product,
  ): Promise<Float32Array> => {
    const columnCount = plan.columnRows.length / 4;
    const cut = linearCut(CLASSES[variant], plan.inputs.length / 4);
    return runKernel(
      bench,
      {
        kernel: linearKernel(
          cut,
          { dtype: packedDType(plan), inputs: plan.inputs.length / 4, biased: bias !== undefined },
          store,
        ),
        data: [
          columnWords(rows, rows, columns),
          new Uint32Array(packAll(plan)),
          inputs,
          ...outputs,
          ...(bias === undefined ? [] : [bias]),
        ],
        part: { columnCount, ...part },
        workgroups: [Math.ceil(columnCount / cut.columns), Math.ceil(rows / workgroupRows(cut))],
      },
      read,
    );
  };

  describe.each([
    ["wide", WIDE, 11],
    ["small", SMALL, 1],
  ] as const)("%s", (_, options, rows) => {
    const model = randomModel(5, options);
    const { config } = model;
    const shape = shapeOf(config);
    const { hiddenSize, intermediateSize, vocabSize, headCount, kvHeadCount, headDim } = config;
    const [layer] = model.layers;
    const x = numbers(rows * hiddenSize, 1);
    const inputs = padRows(x, hiddenSize, 4 * shape.hidden);
    /** The twin: x · tensor in float64. */
    const product = (input: Float64Array, tensor: Tensor): Float64Array => {
      const [outSize] = tensor.shape;
      const out = new Float64Array(rows * outSize);
      linear(out, input, new Matrix(tensor), rows);
      return out;
    };
    const unpad = (padded: Float32Array, size: number): Float64Array =>
      Float64Array.from(
        { length: rows * size },
        (_unused, i) => padded[Math.floor(i / size) * (padded.length / rows) + (i % size)],
      );

    test.each(NAMES)("%s, logits", async (variant) => {
      const outputs = [new Float32Array(rows * 4 * shape.vocabulary)];
      const logits = await run(variant, rows, {
        plan: vocabularyMatrix(model.head, config),
        inputs,
        store: storeLogits(shape, rows, model.config),
        outputs,
      });
      expect(distance(unpad(logits, vocabSize), product(x, model.head))).toBeLessThan(TOLERANCE);
    });

    test.each(NAMES)("%s, added to the residual", async (variant) => {
      const attended = numbers(rows * headCount * headDim, 2);
      const hidden = numbers(rows * hiddenSize, 3);
      const outputs = [padRows(hidden, hiddenSize, 4 * shape.hidden)];
      const sum = await run(variant, rows, {
        plan: outputMatrix(layer, config),
        inputs: padRows(attended, headDim, 4 * shape.head),
        store: storeResidual(shape, 1),
        outputs,
      });
      const expected = product(attended, layer.output);
      add(expected, hidden, expected.length);
      expect(distance(unpad(sum, hiddenSize), expected)).toBeLessThan(TOLERANCE);
    });

    test.each(NAMES)("%s, gated", async (variant) => {
      const outputs = [new Float32Array(rows * 4 * shape.intermediate)];
      const gated = await run(variant, rows, {
        plan: gateUpMatrix(layer, config, { intermediateSize, matrixCount: 1 }),
        inputs,
        store: storeGated(shape.intermediate, "silu"),
        outputs,
      });
      const expected = product(x, layer.gate);
      activateGate("silu", expected, product(x, layer.up), expected.length);
      expect(distance(unpad(gated, intermediateSize), expected)).toBeLessThan(TOLERANCE);
      expect(
        unpad(gated, 4 * shape.intermediate)
          .filter((_unused, i) => i % (4 * shape.intermediate) >= intermediateSize)
          .every((pad) => pad === 0),
      ).toBe(true);
    });

    test.each(NAMES)("%s, queries rotated, keys and values in their slots", async (variant) => {
      const blockSize = 4;
      const positions = Int32Array.from({ length: rows }, (_unused, i) => 5 + 3 * i);
      const slots = positions.map((position) => 60 - position);
      const angles = new Float32Array(64 * angleStride(headDim));
      fillAngles(angles, config.ropes[0], headDim, 64);
      const blockStride = 2 * kvHeadCount * blockSize * shape.head;
      const outputs = [
        angles,
        new Float32Array(rows * 4 * shape.queries),
        new Float32Array(16 * 4 * blockStride).fill(-7),
      ];
      const each = {
        plan: qkvMatrix(layer, config, 0, { firstHead: 0, headCount: kvHeadCount }),
        inputs,
        store: storeQkv({ shape, blockSize, kv: "f32", rotated: true }),
        outputs,
        columns: { positions, slots },
        part: { headCount: kvHeadCount, blockStride, ...FIRST_GROUP },
      };
      const [queries, keys] = [product(x, layer.query), product(x, layer.key)];
      const table = new RopeAngles(config.ropes[0], rows);
      table.set(positions, rows);
      rotate(queries, rows, table, headCount, headDim);
      rotate(keys, rows, table, kvHeadCount, headDim);

      const actual = await run(variant, rows, { ...each, read: 4 });
      for (let i = 0; i < rows * headCount; i++) expectHead(actual, i * 4 * shape.head, queries, i * headDim, true);

      const cache = await run(variant, rows, { ...each, read: 5 });
      const values = product(x, layer.value);
      for (let row = 0; row < rows; row++) {
        for (let head = 0; head < kvHeadCount; head++) {
          const at =
            4 *
            (Math.floor(slots[row] / blockSize) * blockStride +
              (head * blockSize + (slots[row] % blockSize)) * shape.head);
          expectHead(cache, at, keys, (row * kvHeadCount + head) * headDim, true);
          expectHead(
            cache,
            at + 4 * kvHeadCount * blockSize * shape.head,
            values,
            (row * kvHeadCount + head) * headDim,
            false,
          );
        }
      }
      const written = new Set(cache).size > 1 ? cache.filter((value) => value !== -7).length : 0;
      expect(written).toBe(rows * 2 * kvHeadCount * 4 * shape.head);
    });

    /** One head of the device against its twin; rotated ones hold pairs side by side. */
    function expectHead(
      actual: Float32Array,
      at: number,
      expected: Float64Array,
      from: number,
      isRotated: boolean,
    ): void {
      for (let i = 0; i < headDim; i++) {
        const dimension = isRotated ? (i >> 1) + (i & 1) * (headDim / 2) : i;
        expect(Math.abs(actual[at + i] - expected[from + dimension])).toBeLessThan(TOLERANCE);
      }
    }
  });

  describe("the one order of summation", () => {
    const model = randomModel(6, WIDE);
    const shape = shapeOf(model.config);
    const rows = 11;
    const inputs = padRows(numbers(rows * 281, 7), 281, 4 * shape.hidden);
    const plan = vocabularyMatrix(model.head, model.config);
    const outputs = [new Float32Array(rows * 4 * shape.vocabulary)];
    const batch = (variant: string): Promise<Float32Array> =>
      run(variant, rows, { plan, inputs, store: storeLogits(shape, rows, model.config), outputs });

    test("gives every variant the same bits, in a batch and alone", async () => {
      const expected = bits(await batch("row 1"));
      for (const variant of NAMES) {
        expect({ variant, bits: bits(await batch(variant)) }).toEqual({ variant, bits: expected });
      }
      const size = 4 * shape.hidden;
      for (const row of [0, 7, 10]) {
        const alone = await run("tile 8", 1, {
          plan,
          inputs: inputs.slice(row * size, (row + 1) * size),
          store: storeLogits(shape, 1, model.config),
          outputs: [new Float32Array(4 * shape.vocabulary)],
        });
        expect(bits(alone)).toEqual(expected.slice(row * alone.length, (row + 1) * alone.length));
      }
    });

    test("is segments of 128, each rounded product by product, on an adapter whose fma rounds twice", async () => {
      const fused = bits(await batch("row 1"));
      const head = toFloat32(model.head);
      const twice = oracle(inputs, head, (a, b, sum) => Math.fround(Math.fround(a * b) + sum));
      const once = oracle(inputs, head, (a, b, sum) => Math.fround(a * b + sum)); // exact but for a double rounding in some 2^-29 of cases
      const same = (expected: number[]): number =>
        expected.filter((word, i) => word === fused[Math.floor(i / 131) * 132 + (i % 131)]).length;
      expect(Math.max(same(twice), same(once))).toBe(rows * 131);
    });

    /** The order, written out; `step` is the device's multiply and add. */
    function oracle(
      x: Float32Array,
      weight: Float32Array,
      step: (a: number, b: number, sum: number) => number,
    ): number[] {
      const out: number[] = [];
      for (let row = 0; row < rows; row++) {
        for (let n = 0; n < 131; n++) {
          let total = 0;
          for (let first = 0; first < 281; first += 128) {
            let sum = 0;
            for (let k = first; k < Math.min(281, first + 128); k++) {
              sum = step(x[row * 4 * shape.hidden + k], weight[n * 281 + k], sum);
            }
            total = Math.fround(total + sum);
          }
          out.push(total);
        }
      }
      return bits(Float32Array.from(out));
    }
  });

  /** Inputs of a layer's products, cut to 40 outputs, and vocabularies behind an input of 8. */
  const REAL_INPUTS = [576, 896, 1536, 2048, 2304, 3072, 3584, 4096, 8192, 14_336];
  const REAL_VOCABULARIES = [32_000, 49_152, 50_257, 100_352, 128_256, 151_936, 152_064, 200_064, 256_000, 262_144];
  const REAL = [
    ...REAL_INPUTS.map((hiddenSize) => ({ hiddenSize, vocabSize: 40 })),
    ...REAL_VOCABULARIES.map((vocabSize) => ({ hiddenSize: 8, vocabSize })),
  ].filter((_, i) => isSoak || i === 3);

  test.each(REAL)("products of $hiddenSize inputs and $vocabSize outputs are their twin's", async (sizes) => {
    const { config, head } = randomModel(9, { ...sizes, layerCount: 1 });
    const shape = shapeOf(config);
    const rows = 3;
    const x = numbers(rows * sizes.hiddenSize, 10);
    const expected = new Float64Array(rows * sizes.vocabSize);
    linear(expected, new Float64Array(Float32Array.from(x)), new Matrix(head), rows);
    const plan = vocabularyMatrix(head, config);
    for (const variant of NAMES) {
      const outputs = [new Float32Array(rows * 4 * shape.vocabulary)];
      const store = storeLogits(shape, rows, config);
      const logits = await run(variant, rows, { plan, inputs: Float32Array.from(x), store, outputs });
      const actual = Float64Array.from(expected, (_, i) => {
        return logits[Math.floor(i / sizes.vocabSize) * 4 * shape.vocabulary + (i % sizes.vocabSize)];
      });
      expect({ variant, isNear: distance(actual, expected) < TOLERANCE }).toEqual({ variant, isNear: true });
    }
  });

  describe("weights of other formats give the bits of the same numbers as float32", () => {
    const model = randomModel(8, { hiddenSize: 288, vocabSize: 70 });
    const shape = shapeOf(model.config);
    const inputs = Float32Array.from(numbers(3 * 288, 9));

    test.each([
      ["F16", "row 1"],
      ["BF16", "block 64"],
      ["Q8_0", "row 1"],
      ["Q8_0", "tile 8"],
      ["Q8_0", "split 2"],
      ["Q4_0", "row 1"],
      ["Q4_0", "tile 8"],
      ["Q4_0", "split 2"],
    ] as const)("%s, %s", async (dtype, variant) => {
      const stored = isFloat(dtype)
        ? randomModel(8, { hiddenSize: 288, vocabSize: 70, dtype }).head
        : quantize(model.head, dtype);
      const wide: Tensor = { ...stored, dtype: "F32", bytes: new Uint8Array(toFloat32(stored).buffer) };
      const logits = (tensor: Tensor): Promise<Float32Array> =>
        run(variant, 3, {
          plan: vocabularyMatrix(tensor, model.config),
          inputs,
          store: storeLogits(shape, 3, model.config),
          outputs: [new Float32Array(3 * 72)],
        });
      expect(bits(await logits(stored))).toEqual(bits(await logits(wide)));
    });
  });
});
