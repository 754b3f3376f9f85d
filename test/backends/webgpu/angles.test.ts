import { expect, test } from "vitest";
import { angleStride, fillAngles } from "../../../src/backends/webgpu/angles.ts";
import { RopeAngles } from "../../../src/backends/reference/rope.ts";
import { randomModel } from "../../../src/testing/index.ts";

test("angles are those of the reference, cosine and sine side by side", () => {
  const { config } = randomModel(1);
  const angles = new Float32Array(config.contextLength * angleStride(config));
  fillAngles(angles, config, config.contextLength);
  const table = new RopeAngles(config.ropes[0], config.contextLength);
  table.set(Int32Array.from({ length: config.contextLength }, (_, position) => position), config.contextLength);
  const pairs = config.headDim / 2;
  for (let i = 0; i < table.cosines.length; i++) {
    const at = Math.floor(i / pairs) * angleStride(config) + 2 * (i % pairs);
    expect([angles[at], angles[at + 1]]).toEqual([Math.fround(table.cosines[i]), Math.fround(table.sines[i])]);
  }
});

test("a head of three pairs is padded to whole vectors, with zeros", () => {
  const { config } = randomModel(1, { headDim: 6 });
  expect(angleStride(config)).toBe(8);
  const angles = new Float32Array(16);
  fillAngles(angles, config, 2);
  expect([...angles.slice(6, 8), ...angles.slice(14, 16)]).toEqual([0, 0, 0, 0]);
});
