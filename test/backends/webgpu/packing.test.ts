import { describe, expect, test } from "vitest";
import { type MatrixPlan, PADDING, packedBytes, packedDType } from "../../../src/backends/webgpu/packing.ts";
import type { DType, Tensor } from "../../../src/model.ts";
import { FORMATS, dequantizeRow, halfToNumber, quantize, toFloat32 } from "../../../src/quantization/index.ts";
import { numbers } from "../../support/numbers.ts";
import { packAll } from "../../support/webgpu-packing.ts";

/** [2, 3] numbers, at an odd place of a larger buffer where `shift` says so. */
function tensor(dtype: DType, values: readonly number[], shift = 0): Tensor {
  const size = dtype === "F32" ? 4 : 2;
  const bytes = new Uint8Array(shift + size * values.length).subarray(shift);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [i, value] of values.entries()) {
    if (dtype === "F32") view.setFloat32(4 * i, value, true);
    else view.setUint16(2 * i, value, true);
  }
  return { name: "t", dtype, shape: [2, 3], bytes };
}

function plan(...sources: readonly Tensor[]): MatrixPlan {
  return {
    label: "m",
    sources,
    biases: sources.map(() => null),
    matrixCount: 1,
    inputs: Int32Array.of(0, 2, 1, PADDING),
    columnSources: Int32Array.of(0, sources.length - 1, PADDING, 0),
    columnRows: Int32Array.of(0, 1, PADDING, 1),
  };
}

const A = [1, 2, 3, 4, 5, 6];
const B = [10, 20, 30, 40, 50, 60];

describe("pack", () => {
  test("lays inputs out by rows, columns side by side, and pads with zeros", () => {
    const target = packAll(plan(tensor("F32", A), tensor("F32", B)), 0, 4);
    expect([...new Float32Array(target)]).toEqual([1, 40, 0, 4, 3, 60, 0, 6, 2, 50, 0, 5, 0, 0, 0, 0]);
  });

  test("packs a range of columns as if it were the whole", () => {
    const target = packAll(plan(tensor("F32", A), tensor("F32", B)), 1, 2);
    expect([...new Float32Array(target)]).toEqual([40, 0, 60, 0, 50, 0, 0, 0]);
  });

  test.each(["F16", "BF16"] as const)("keeps %s as it is stored, wherever its bytes lie", (dtype) => {
    const target = packAll(plan(tensor(dtype, A, 1), tensor(dtype, B)), 0, 4);
    expect([...new Uint16Array(target)]).toEqual([1, 40, 0, 4, 3, 60, 0, 6, 2, 50, 0, 5, 0, 0, 0, 0]);
  });

  test("widens sources of different kinds: to float32, which holds all", () => {
    const mixed = plan(tensor("F32", A), tensor("BF16", [0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0]));
    expect(packedDType(mixed)).toBe("F32");
    expect([...new Float32Array(packAll(mixed, 0, 4))].slice(0, 4)).toEqual([1, 4, 0, 4]);
  });
});

describe("blocks", () => {
  const source: Tensor = {
    name: "b",
    dtype: "F32",
    shape: [6, 64],
    bytes: new Uint8Array(Float32Array.from(numbers(6 * 64, 1)).buffer),
  };
  const straight = Int32Array.from({ length: 64 }, (_, i) => i);
  const blockPlan = (own: Tensor, inputs = straight): MatrixPlan => ({
    label: "m",
    sources: [own],
    biases: [null],
    matrixCount: 1,
    inputs,
    columnSources: Int32Array.of(0, 0, PADDING, 0, 0, 0, 0, 0),
    columnRows: Int32Array.of(5, 1, PADDING, 0, 2, 3, 4, 1),
  });

  test.each(["Q8_0", "Q4_0"] as const)("%s keep their scales and numbers, four columns side by side", (dtype) => {
    const packed = blockPlan(quantize(source, dtype));
    const target = packAll(packed, 0, 8);
    expect(target.byteLength).toBe(packedBytes(packed, 8));
    expect(packAll(packed, 0, 8, 1)).toEqual(target); // a block of inputs at a time
    const [halves, bytes] = [new Uint16Array(target), new Uint8Array(target)];
    const row = new Float32Array(64);
    for (const [column, from] of packed.columnRows.entries()) {
      if (from === PADDING) continue;
      dequantizeRow(packed.sources[0] as Tensor, from, row);
      const [vector, lane] = [column >> 2, column & 3];
      for (let i = 0; i < 64; i++) {
        const word = (i >> 5) * FORMATS[dtype].blockBytes * 2; // a column's bytes are a vector's words; two vectors
        const scale = halfToNumber(halves[2 * (word + (lane >> 1) * 2 + vector) + (lane & 1)]);
        const index = dtype === "Q8_0" ? i & 31 : (i & 31) >> 1;
        const byte = bytes[4 * (word + (2 + index) * 2 + vector) + lane];
        const stored = dtype === "Q8_0" ? (byte << 24) >> 24 : ((i & 1 ? byte >> 4 : byte) & 15) - 8;
        expect(scale * stored).toBe(row[i]);
      }
    }
  });

  test("become F16 where a head is padded, so that no block is whole", () => {
    const padded = Int32Array.from({ length: 68 }, (_, i) => (i < 64 ? i : PADDING));
    const packed = blockPlan(quantize(source, "Q8_0"), padded);
    expect(packedDType(packed)).toBe("F16");
    const halves = new Uint16Array(packAll(packed, 0, 8));
    const numbersOf = toFloat32(packed.sources[0] as Tensor);
    expect(Math.abs(halfToNumber(halves[8 * 3 + 1]) - numbersOf[64 + 3])).toBeLessThan(2 ** -11);
  });

  test("rows that are widened are the same in one piece and in several", () => {
    const wide = { ...source, shape: [6, 512], bytes: new Uint8Array(Float32Array.from(numbers(6 * 512, 2)).buffer) };
    const packed = blockPlan(
      quantize(wide, "Q8_0"),
      Int32Array.from({ length: 516 }, (_, i) => (i < 512 ? i : PADDING)),
    );
    expect(packAll(packed, 0, 8, 1)).toEqual(packAll(packed, 0, 8));
  });

  test("of other formats become F16 a row at a time, and what F16 cannot hold is refused by name", () => {
    const bytes = new Uint8Array(2 * 22).fill(255); // numbers of -1 * d
    const view = new DataView(bytes.buffer);
    for (const at of [0, 22]) view.setUint16(at, 0x7bff, true); // d = 65,504, numbers up to 15 * d
    const large: Tensor = { name: "blk.0.q", dtype: "Q5_0", shape: [2, 32], bytes };
    const packed = {
      ...blockPlan(large, straight.slice(0, 32)),
      columnSources: Int32Array.of(0, 0, PADDING, PADDING),
      columnRows: Int32Array.of(0, 1, 0, 0),
    };
    expect(packedDType(packed)).toBe("F16");
    expect(() => packAll(packed, 0, 4)).toThrow(
      "blk.0.q holds 982560, which is too large for F16, the format it is widened to",
    );
  });
});

test("the bytes of columns are those of the packed format", () => {
  expect([packedBytes(plan(tensor("F32", A)), 4), packedBytes(plan(tensor("F16", A)), 4)]).toEqual([64, 32]);
});
