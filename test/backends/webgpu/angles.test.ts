import { expect, test } from "vitest";
import { angleStride, fillAngles } from "../../../src/backends/webgpu/angles.ts";
import { RopeAngles } from "../../../src/backends/reference/rope.ts";
import type { RopeConfig } from "../../../src/rope.ts";

const POSITIONS = 50;
const PLAIN: RopeConfig = { theta: 10_000, dimensions: 8, scaling: null };
const YARN: RopeConfig = {
  theta: 500,
  dimensions: 6,
  scaling: {
    kind: "yarn",
    factor: 4,
    originalContextLength: 32,
    betaFast: 32,
    betaSlow: 1,
    magnitude: 1.14,
    truncated: true,
  },
};

test.each([
  [PLAIN, 8],
  [PLAIN, 14],
  [YARN, 10],
])("angles of %o in a head of %i are those of the reference, then those of no rotation", (rope, headDim) => {
  const angles = new Float32Array(POSITIONS * angleStride(headDim));
  fillAngles(angles, rope, headDim, POSITIONS);
  const table = new RopeAngles(rope, POSITIONS);
  table.set(
    Int32Array.from({ length: POSITIONS }, (_, position) => position),
    POSITIONS,
  );
  for (let position = 0; position < POSITIONS; position++) {
    for (let pair = 0; pair < headDim / 2; pair++) {
      const at = position * angleStride(headDim) + 2 * pair;
      const i = position * table.half + pair;
      const expected = pair < table.half ? [Math.fround(table.cosines[i]), Math.fround(table.sines[i])] : [1, 0];
      expect([angles[at], angles[at + 1]]).toEqual(expected);
    }
  }
});

test("a head of three pairs is padded to whole vectors, with zeros", () => {
  expect(angleStride(6)).toBe(8);
  const angles = new Float32Array(16);
  fillAngles(angles, { ...PLAIN, dimensions: 6 }, 6, 2);
  expect([...angles.slice(6, 8), ...angles.slice(14, 16)]).toEqual([0, 0, 0, 0]);
});
