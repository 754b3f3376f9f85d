import { expect, test } from "vitest";
import { KV_TYPES, kvHeadBytes } from "../src/kv-type.ts";

test("bytes of a head: numbers, and for int8 a scale", () => {
  expect(KV_TYPES.map((type) => kvHeadBytes(type, 64))).toEqual([256, 128, 68]);
});
