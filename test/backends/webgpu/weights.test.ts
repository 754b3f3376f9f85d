import { describe, expect, test } from "vitest";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { vocabularyMatrix } from "../../../src/backends/webgpu/matrices.ts";
import { uploadMatrix, uploadVector } from "../../../src/backends/webgpu/weights.ts";
import { toFloat32 } from "../../../src/quantization/index.ts";
import { randomModel } from "../../../src/testing/index.ts";

const model = randomModel(1, { hiddenSize: 6, vocabSize: 10 });

/** Buffers that keep what they are filled with. */
const buffers = {
  createFilled: (_label: string, size: number, _usage: number, fill: (target: ArrayBuffer) => void) => {
    const target = new ArrayBuffer(size);
    fill(target);
    return new Float32Array(target);
  },
} as unknown as Buffers;

const contents = (buffer: GPUBuffer): number[] => [...(buffer as unknown as Float32Array)];

describe("uploadMatrix", () => {
  const plan = vocabularyMatrix("head", model.head, model.config);

  test("keeps a matrix whole where a binding holds it", () => {
    const { parts, inputs, dtype } = uploadMatrix(buffers, plan, 1000);
    expect([parts.length, parts[0].firstColumn, parts[0].columnCount, inputs, dtype]).toEqual([1, 0, 3, 2, "F32"]);
  });

  test("splits it by columns where none does", () => {
    const { parts } = uploadMatrix(buffers, plan, 2 * 4 * 8 * 4);
    expect(parts.map(({ firstColumn, columnCount }) => [firstColumn, columnCount])).toEqual([[0, 2], [2, 1]]);
    const head = toFloat32(model.head);
    expect(contents(parts[1].buffer).slice(0, 4)).toEqual([head[8 * 6], head[9 * 6], 0, 0]);
  });

  test("says how many bytes four columns need where not even they fit", () => {
    expect(() => uploadMatrix(buffers, plan, 127)).toThrow("maxStorageBufferBindingSize is 127, four columns of head need 128");
  });
});

test("uploadVector pads with zeros", () => {
  const gains = toFloat32(model.finalNorm);
  expect(contents(uploadVector(buffers, model.finalNorm))).toEqual([...gains, 0, 0]);
});
