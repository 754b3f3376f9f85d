import { describe, expect, test } from "vitest";
import { createCpuBackend } from "../src/backends/cpu/index.ts";
import { createReferenceBackend } from "../src/backends/reference/index.ts";
import { KV_TYPES, type KvType } from "../src/kv-type.ts";
import type { DType } from "../src/model.ts";
import { DTYPES, FORMATS } from "../src/quantization/index.ts";
import { backendConformance, type MakeBackend, randomModel } from "../src/testing/index.ts";
import { soakCount } from "./support/soak.ts";

const BACKENDS = ["reference", "cpu"] as const;

/** Both backends with every pair of types. The first entries have each type of weights once on each backend. */
const ALL = KV_TYPES.flatMap((_, turn) =>
  BACKENDS.flatMap((backend) =>
    DTYPES.map((dtype, i) => [backend, dtype, KV_TYPES[(i + turn) % KV_TYPES.length]] as const),
  ),
);

/** A batch and its requests alone; a prompt in chunks beside a decode. */
const CASES = /^(a batch|prefill beside)/;

const SOME = ALL.slice(0, soakCount(BACKENDS.length * DTYPES.length));

describe.each(SOME)("%s, weights in %s, keys and values in %s", (...parts) => {
  const cases = backendConformance(maker(...parts), { blockSizes: [4] }).filter(({ name }) => CASES.test(name));
  test.each(cases)("$name", (each) => each.run());
});

test("every type of weights meets every type of keys and values on each backend", () => {
  expect(new Set(ALL.map(String)).size).toBe(BACKENDS.length * DTYPES.length * KV_TYPES.length);
});

/** One layer: rows are a block or more. */
function maker(backend: (typeof BACKENDS)[number], dtype: DType, kv: KvType): MakeBackend {
  const hiddenSize = Math.max(32, FORMATS[dtype].blockSize);
  const model = randomModel(7, {
    dtype,
    layerCount: 1,
    vocabSize: 64,
    hiddenSize,
    intermediateSize: hiddenSize,
    headDim: hiddenSize / 4,
  });
  return async (sizes) =>
    backend === "cpu"
      ? createCpuBackend({ model, kv, threads: 0, ...sizes })
      : createReferenceBackend({ model, kv, ...sizes });
}
