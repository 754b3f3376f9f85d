import { describe, expect, test } from "vitest";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { downMatrix, qkvMatrix, vocabularyMatrix } from "../../../src/backends/webgpu/matrices.ts";
import { uploadMatrix, uploadVector } from "../../../src/backends/webgpu/weights.ts";
import { toFloat32 } from "../../../src/quantization/index.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1, { hiddenSize: 6, vocabSize: 10 });

/** A buffer that keeps what is written to it. */
const create = (_label: string, size: number) => ({ target: new ArrayBuffer(size) });
const buffers = {
  create,
  write: async ({ target }: ReturnType<typeof create>, offset: number, data: ArrayBuffer) =>
    new Uint8Array(target).set(new Uint8Array(data), offset),
  createFilled: (label: string, size: number, _usage: number, fill: (target: ArrayBuffer) => void) => {
    const buffer = create(label, size);
    fill(buffer.target);
    return buffer;
  },
} as unknown as Buffers;

const contents = (buffer: GPUBuffer): number[] => [
  ...new Float32Array((buffer as unknown as { target: ArrayBuffer }).target),
];

describe("uploadMatrix", () => {
  const plan = vocabularyMatrix(model.head, model.config);

  test("keeps a matrix whole where a binding holds it", async () => {
    const { parts, inputs, dtype } = await uploadMatrix(buffers, plan, 1000);
    expect([parts.length, parts[0].firstColumn, parts[0].columnCount, inputs, dtype]).toEqual([1, 0, 3, 2, "F32"]);
  });

  test("splits it by columns where none does", async () => {
    const { parts } = await uploadMatrix(buffers, plan, 2 * 4 * 8 * 4);
    expect(parts.map(({ firstColumn, columnCount }) => [firstColumn, columnCount])).toEqual([
      [0, 2],
      [2, 1],
    ]);
    const head = toFloat32(model.head);
    expect(contents(parts[1].buffer).slice(0, 4)).toEqual([head[8 * 6], head[9 * 6], 0, 0]);
  });

  test("says how many bytes four columns need where not even they fit", async () => {
    await expect(uploadMatrix(buffers, plan, 127)).rejects.toThrow(
      "maxStorageBufferBindingSize is 127, four columns of lm_head.weight need 128",
    );
  });

  test("splits experts from each other", async () => {
    const size = { intermediateSize: 3, matrixCount: 5 };
    const mixed = randomModel(1, {
      hiddenSize: 6,
      layerCount: 1,
      layers: [{ window: null, rope: 0, experts: true }],
      experts: { count: 5, perToken: 2, intermediateSize: 3, normalized: true },
    });
    const down = downMatrix(mixed.layers[0], mixed.config, size);
    const { parts } = await uploadMatrix(buffers, down, 2 * 4 * 8 * 4);
    expect(parts.map(({ firstExpert, expertCount }) => [firstExpert, expertCount])).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
    ]);
    const numbers = toFloat32(mixed.layers[0].down); // [expert, 6, 3]
    expect(contents(parts[1].buffer).slice(32, 36)).toEqual([0, 3, 6, 9].map((i) => numbers[3 * 6 * 3 + i]));
    await expect(uploadMatrix(buffers, down, 127)).rejects.toThrow(
      "one expert of model.layers.0.mlp.down_proj.weight needs 128",
    );
  });

  test("reads a tensor's bytes once, when they are packed", async () => {
    const { bytes, ...info } = model.head;
    let reads = 0;
    const read = (): Promise<Uint8Array> => Promise.resolve((reads++, bytes));
    const { parts } = await uploadMatrix(buffers, vocabularyMatrix({ ...info, read }, model.config), 2 * 4 * 8 * 4);
    const whole = await uploadMatrix(buffers, plan, 2 * 4 * 8 * 4);
    expect(parts.map(({ buffer }) => contents(buffer))).toEqual(whole.parts.map(({ buffer }) => contents(buffer)));
    expect(reads).toBe(1);
  });

  test("has a bias in the order of its columns, zeros where a source has none", async () => {
    const biased = randomModel(1, { hiddenSize: 6, biases: { qkv: true, output: false, feedForward: false } });
    const { bias } = await uploadMatrix(
      buffers,
      {
        ...qkvMatrix(biased.layers[0], biased.config, 0, { firstHead: 1, headCount: 1 }),
        biases: [biased.layers[0].queryBias, null, null],
      },
      1e6,
    );
    const query = toFloat32(biased.layers[0].queryBias!);
    expect(contents(bias!)).toEqual([
      ...[16, 20, 17, 21, 18, 22, 19, 23, 24, 28, 25, 29, 26, 30, 27, 31].map((i) => query[i]),
      ...new Array<number>(16).fill(0),
    ]);
    expect((await uploadMatrix(buffers, plan, 1000)).bias).toBeNull();
  });
});

test("uploadVector pads with zeros", async () => {
  const gains = toFloat32(model.finalNorm);
  expect(contents(await uploadVector(buffers, model.finalNorm))).toEqual([...gains, 0, 0]);
});
