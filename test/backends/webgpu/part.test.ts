import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Buffers } from "../../../src/backends/webgpu/buffers.ts";
import { createPart } from "../../../src/backends/webgpu/part.ts";

const PARTS = {
  firstColumn: 1,
  columnCount: 2,
  firstRow: 3,
  layerOffset: 4,
  firstHead: 5,
  headCount: 6,
  blockStride: 7,
  group: 8,
  firstExpert: 9,
  expertCount: 10,
};

/** The words that a part is written as. */
function words(part: object): number[] {
  let written: number[] = [];
  const createFilled = (_label: string, size: number, _usage: number, fill: (target: ArrayBuffer) => void): void => {
    const target = new ArrayBuffer(size);
    fill(target);
    written = [...new Uint32Array(target)];
  };
  createPart({ createFilled } as unknown as Buffers, part);
  return written;
}

test("fields are in the order of part.wgsl, 0 where they are left out", () => {
  expect(words(PARTS)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0]);
  expect(words({ headCount: 6 })).toEqual([0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0]);
  const text = readFileSync(new URL("../../../src/backends/webgpu/kernels/part.wgsl", import.meta.url), "utf8");
  const fields = [...text.matchAll(/^ {2}(\w+): u32,$/gm)].map(([, name]) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  expect(fields).toEqual(Object.keys(PARTS));
});
