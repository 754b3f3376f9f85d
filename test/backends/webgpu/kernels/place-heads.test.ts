import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RopeAngles, rotate } from "../../../../src/backends/reference/rope.ts";
import { rmsNorm } from "../../../../src/backends/reference/rms-norm.ts";
import { angleStride, fillAngles } from "../../../../src/backends/webgpu/angles.ts";
import { placeHeadsKernel } from "../../../../src/backends/webgpu/kernels/place-heads.ts";
import { kvUnitBytes } from "../../../../src/backends/webgpu/kv-storage.ts";
import { rotatedOrder } from "../../../../src/backends/webgpu/matrices.ts";
import { PADDING } from "../../../../src/backends/webgpu/packing.ts";
import { type Workbench, runKernel } from "../../../../src/backends/webgpu/run-kernel.ts";
import { shapeOf } from "../../../../src/backends/webgpu/shape.ts";
import { type KvType, kvHeadBytes } from "../../../../src/kv-type.ts";
import { decodeKv, encodeKv } from "../../../../src/quantization/index.ts";
import { randomModel } from "../../../../src/testing/index.ts";
import { distance, numbers } from "../../../support/numbers.ts";
import { FIRST_GROUP, columnWords, ifWebGPU, noWebGPU, openWorkbench } from "../../../support/webgpu.ts";

const ROWS = 3;
const BLOCK_SIZE = 4;
const POSITIONS = Int32Array.of(0, 5, 17);
const SLOTS = Int32Array.of(4, 9, 14);
const HEADS = 8; // four of queries, two of keys, two of values

/** Heads of ten numbers, six of which are rotated. */
const ROPE = { theta: 500, dimensions: 6, scaling: null };
const { config } = randomModel(1, { headDim: 10, headCount: 4, kvHeadCount: 2, ropes: [ROPE] });
const shape = shapeOf(config);
const PADDED = 4 * shape.head;

interface Placed {
  readonly queries: Float32Array;
  readonly cache: DataView;
}

describe.skipIf(noWebGPU)(`placeHeads${ifWebGPU}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.device.destroy());

  const angles = new Float32Array(20 * angleStride(10));
  fillAngles(angles, ROPE, 10, 20);
  const gains = [1, 2].map((seed) => Float32Array.from(numbers(10, seed)));

  /** Where number `i` of a head lies; values are not reordered. */
  const orderOf = (rotated: boolean): Int32Array =>
    rotatedOrder({ ...config, layers: [{ window: null, rope: rotated ? 0 : null, experts: false }] }, 0);

  const place = async (kv: KvType, normed: boolean, rotated: boolean, heads: Float64Array): Promise<Placed> => {
    const order = orderOf(rotated);
    const reordered = (from: ArrayLike<number>, at: number): number[] =>
      Array.from(order, (i) => (i === PADDING ? 0 : from[at + i]));
    const straight = (at: number): number[] => Array.from(order, (_, i) => (i < 10 ? heads[at + i] : 0));
    const projected = Array.from({ length: ROWS * HEADS }, (_, i) =>
      i % HEADS < 6 ? reordered(heads, 10 * i) : straight(10 * i),
    ).flat();
    const units = shape.head + (kv === "int8" ? 1 : 0);
    const blockStride = 2 * 2 * BLOCK_SIZE * units;
    const cache = new Uint32Array((4 * blockStride * kvUnitBytes(kv)) / 4);
    const kernel = placeHeadsKernel({ shape, blockSize: BLOCK_SIZE, kv, rotated }, { ...config, queryKeyNorm: normed });
    const data = [
      columnWords(ROWS, 0, { positions: POSITIONS, slots: SLOTS }),
      Float32Array.from(projected),
      Float32Array.from(gains.flatMap((each) => reordered(each, 0))),
      angles,
      new Float32Array(ROWS * 4 * PADDED),
      cache,
    ];
    const run = { kernel, data, part: { headCount: 2, blockStride, ...FIRST_GROUP }, workgroups: [1, ROWS] as const };
    const [queries, written] = [await runKernel(bench, run, 4), await runKernel(bench, run, 5)];
    return { queries, cache: new DataView(written.buffer) };
  };

  /** The twin: heads after norm and rotation, in their own order. */
  const twin = (normed: boolean, rotated: boolean, heads: Float64Array): Float64Array => {
    const out = Float64Array.from(heads);
    const table = new RopeAngles(ROPE, 1);
    for (let i = 0; i < ROWS * HEADS; i++) {
      const kind = i % HEADS < 4 ? 0 : i % HEADS < 6 ? 1 : 2;
      const head = out.subarray(10 * i, 10 * i + 10);
      if (kind === 2) continue;
      if (normed) rmsNorm(head, head.slice(), gains[kind], 1, config.norm.epsilon);
      table.set(POSITIONS.subarray(Math.floor(i / HEADS)), 1);
      if (rotated) rotate(head, 1, table, 1, 10);
    }
    return out;
  };

  /** Key or value head `head` of row `row` as it lies in the cache, in its own order, as float64. */
  const cachedHead = (kv: KvType, rotated: boolean, cache: DataView, row: number, head: number): Float64Array => {
    const units = shape.head + (kv === "int8" ? 1 : 0);
    const slot = SLOTS[row];
    const at =
      kvUnitBytes(kv) *
      units *
      (Math.floor(slot / BLOCK_SIZE) * 4 * BLOCK_SIZE + head * BLOCK_SIZE + (slot % BLOCK_SIZE));
    const stored = new Float64Array(PADDED);
    decodeKv(kv, cache, at, PADDED, stored, 0);
    const order = orderOf(rotated && head < 2);
    const out = new Float64Array(10);
    order.forEach((dimension, i) => {
      if (dimension !== PADDING) out[dimension] = stored[i];
    });
    return out;
  };

  test.each<[KvType, boolean, boolean]>([
    ["f32", true, true],
    ["f16", true, false],
    ["int8", false, true],
    ["int8", true, true],
  ])("as %s, normed %s, rotated %s, heads are their twin's", async (kv, normed, rotated) => {
    const heads = numbers(ROWS * HEADS * 10, 3);
    const { queries, cache } = await place(kv, normed, rotated, heads);
    const expected = twin(normed, rotated, heads);
    const order = orderOf(rotated);
    for (let row = 0; row < ROWS; row++) {
      for (let head = 0; head < HEADS; head++) {
        const own = expected.subarray(10 * (row * HEADS + head), 10 * (row * HEADS + head + 1));
        if (head < 4) {
          const placed = queries.subarray((row * 4 + head) * PADDED, (row * 4 + head + 1) * PADDED);
          order.forEach((dimension, i) =>
            expect(Math.abs(placed[i] - (dimension === PADDING ? 0 : own[dimension]))).toBeLessThan(1e-5),
          );
          continue;
        }
        const largest = Math.max(...own.map(Math.abs));
        const tolerance = { f32: 1e-6, f16: 2 ** -11 * largest, int8: 0.501 * (largest / 127) }[kv];
        expect(distance(cachedHead(kv, rotated, cache, row, head - 4), own)).toBeLessThanOrEqual(tolerance + 1e-6);
      }
    }
  });

  test("the bytes of f16 and int8 are those of the rule, for large, small and strange numbers", async () => {
    const values = [
      65_519,
      65_520,
      -1e6,
      6.1e-5,
      5.9e-8,
      2.9e-8,
      -3e-8,
      2049,
      2051,
      0.1,
      1,
      -0,
      6e-5,
      1e-30,
      3.1e-5,
      1023.75,
      -7,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -24,
    ];
    for (const kv of ["f16", "int8"] as const) {
      const heads = new Float64Array(ROWS * HEADS * 10);
      values.forEach((value, i) => (heads[6 * 10 + i] = Math.fround(value))); // both value heads of the first row
      const { cache } = await place(kv, false, false, heads);
      const bytes = kvHeadBytes(kv, PADDED);
      for (const head of [0, 1]) {
        const padded = new Float64Array(PADDED);
        padded.set(heads.subarray((6 + head) * 10, (7 + head) * 10));
        const expected = new DataView(new ArrayBuffer(bytes));
        encodeKv(kv, padded, 0, PADDED, expected, 0);
        const units = shape.head + (kv === "int8" ? 1 : 0);
        const at = kvUnitBytes(kv) * units * (4 * BLOCK_SIZE + (2 + head) * BLOCK_SIZE);
        const actual = new DataView(cache.buffer, at, bytes);
        const ends = kv === "int8" ? PADDED : bytes;
        for (let i = 0; i < ends; i++) {
          expect({ head, i, byte: actual.getUint8(i) }).toEqual({ head, i, byte: expected.getUint8(i) });
        }
        if (kv === "int8") {
          expect(actual.getFloat32(PADDED, true) / expected.getFloat32(PADDED, true)).toBeCloseTo(1, 6);
        }
      }
    }
  });

  test("a head that is not finite has NaN for its scale", async () => {
    const heads = new Float64Array(ROWS * HEADS * 10);
    heads[6 * 10] = Number.POSITIVE_INFINITY;
    heads[7 * 10 + 3] = Number.NaN;
    const { cache } = await place("int8", false, false, heads);
    for (const head of [2, 3]) expect([...cachedHead("int8", false, cache, 0, head)].every(Number.isNaN)).toBe(true);
    expect([...cachedHead("int8", false, cache, 0, 0)]).toEqual(new Array(10).fill(0));
  });
});
