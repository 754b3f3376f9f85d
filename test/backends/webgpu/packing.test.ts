import { describe, expect, test } from "vitest";
import { type MatrixPlan, PADDING, pack, packedDType, rowBytes } from "../../../src/backends/webgpu/packing.ts";
import type { DType, Tensor } from "../../../src/model.ts";

/** [2, 3] numbers, at an odd place of a larger buffer where `shift` says so. */
function tensor(dtype: DType, numbers: readonly number[], shift = 0): Tensor {
  const size = dtype === "F32" ? 4 : 2;
  const bytes = new Uint8Array(shift + size * numbers.length).subarray(shift);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [i, value] of numbers.entries()) {
    if (dtype === "F32") view.setFloat32(4 * i, value, true);
    else view.setUint16(2 * i, value, true);
  }
  return { name: "t", dtype, shape: [2, 3], bytes };
}

function plan(...sources: readonly Tensor[]): MatrixPlan {
  return {
    label: "m",
    sources,
    inputs: Int32Array.of(0, 2, 1, PADDING),
    columnSources: Int32Array.of(0, sources.length - 1, PADDING, 0),
    columnRows: Int32Array.of(0, 1, PADDING, 1),
  };
}

const A = [1, 2, 3, 4, 5, 6];
const B = [10, 20, 30, 40, 50, 60];

describe("pack", () => {
  test("lays inputs out by rows, columns side by side, and pads with zeros", () => {
    const target = new ArrayBuffer(64);
    pack(plan(tensor("F32", A), tensor("F32", B)), 0, 4, target);
    expect([...new Float32Array(target)]).toEqual([1, 40, 0, 4, 3, 60, 0, 6, 2, 50, 0, 5, 0, 0, 0, 0]);
  });

  test("packs a range of columns as if it were the whole", () => {
    const target = new ArrayBuffer(32);
    pack(plan(tensor("F32", A), tensor("F32", B)), 1, 2, target);
    expect([...new Float32Array(target)]).toEqual([40, 0, 60, 0, 50, 0, 0, 0]);
  });

  test.each(["F16", "BF16"] as const)("keeps %s as it is stored, wherever its bytes lie", (dtype) => {
    const target = new ArrayBuffer(32);
    pack(plan(tensor(dtype, A, 1), tensor(dtype, B)), 0, 4, target);
    expect([...new Uint16Array(target)]).toEqual([1, 40, 0, 4, 3, 60, 0, 6, 2, 50, 0, 5, 0, 0, 0, 0]);
  });

  test("widens sources of different kinds to float32", () => {
    const mixed = plan(tensor("F32", A), tensor("BF16", [0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0]));
    const target = new ArrayBuffer(64);
    pack(mixed, 0, 4, target);
    expect(packedDType(mixed)).toBe("F32");
    expect([...new Float32Array(target)].slice(0, 4)).toEqual([1, 4, 0, 4]);
  });
});

test("a row's bytes are those of the stored kind", () => {
  expect([rowBytes(plan(tensor("F32", A)), 4), rowBytes(plan(tensor("F16", A)), 4)]).toEqual([16, 8]);
});
