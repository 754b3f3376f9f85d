import { expect, test } from "vitest";
import { cachePiece, compose, weightPieces } from "../../../../src/backends/webgpu/kernels/kernel.ts";
import { SOURCES } from "../../../../src/backends/webgpu/kernels/sources.ts";
import { DEVICE_DTYPES } from "../../../../src/backends/webgpu/packing.ts";
import { KV_TYPES } from "../../../../src/kv-type.ts";

test("compose puts the named files one after the other", () => {
  expect(compose("part", "columns")).toBe(`${SOURCES.part}\n${SOURCES.columns}`);
});

test("each format of weights has its pieces", () => {
  for (const dtype of DEVICE_DTYPES) expect(compose(...weightPieces(dtype))).toContain("fn weights_at(");
});

test("each kind of keys and values has its piece", () => {
  for (const kv of KV_TYPES) expect(SOURCES[cachePiece(kv)]).toContain("fn to_cache(");
});
