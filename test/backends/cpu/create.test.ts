import { describe, expect, test } from "vitest";
import { createCpuBackend } from "../../../src/backends/cpu/index.ts";
import type { CpuBackendOptions } from "../../../src/backends/cpu/options.ts";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { DeviceLimitError, InvalidModelError, InvalidOptionError, UnsupportedModelError } from "../../../src/errors.ts";
import type { LayerConfig } from "../../../src/decoder.ts";
import type { DType, Model } from "../../../src/model.ts";
import {
  type ConformanceCase,
  type MakeBackend,
  PlanDriver,
  backendConformance,
  randomModel,
} from "../../../src/testing/index.ts";
import { isSoak } from "../../support/soak.ts";

const SIZES = { blockCount: 32, blockSize: 4, maxTokens: 32, maxRequests: 4 };

type Parts = Pick<CpuBackendOptions, "kv" | "threads">;

const make =
  (model: Model, parts: Parts = {}): MakeBackend =>
  (sizes) =>
    createCpuBackend({ model, threads: 0, ...parts, ...sizes });

const oracle =
  (model: Model, { kv }: Parts = {}): MakeBackend =>
  (sizes) =>
    createReferenceBackend({ model, kv, int8Activations: true, ...sizes });

/** The rules that threads could break; under the soak all of them. */
const THREADED =
  /^(a batch|a failed step|a result|a slot|any chunking|columns|copies|dispose|logits agree|moves|samples|steps|swapped)/;

describe("a Llama in float32", () => {
  const model = randomModel(1);
  const options = { oracle: oracle(model), tolerance: 1e-4, blockSizes: [4] };
  backendConformance(make(model), { ...options, runner: { describe, it: test } });

  describe("on two threads", () => {
    const cases = backendConformance(make(model, { threads: 2 }), options);
    test.each(cases.filter(({ name }) => isSoak || THREADED.test(name)))("$name", (each) => each.run());
  });
});

/**
 * Of activations, keys or values that are rounded: of thousands of numbers some lie so near a tie that float32 and the
 * oracle's float64 round them apart, which moves logits by up to a quantum of an activation.
 */
const ROUNDED = 0.5;

/** The rules that a model or a storage type could break; under the soak all of them. */
const SOME = /^(a batch|any chunking|any placement|NaN in unused|lengths|logits agree|swapped)/;

/** The rules that a kernel of products could break. */
const FEW = /^(a batch|any chunking|logits agree)/;

function some(model: Model, parts: Parts, tolerance = 1e-3, names = SOME): void {
  const cases: readonly ConformanceCase[] = backendConformance(make(model, parts), {
    oracle: oracle(model, parts),
    tolerance,
    blockSizes: [3],
  });
  test.each(cases.filter(({ name }) => isSoak || names.test(name)))("$name", (each) => each.run());
}

const BLOCKS = { hiddenSize: 64, intermediateSize: 96, headDim: 16 };
const LARGE_BLOCKS = { hiddenSize: 256, intermediateSize: 256, headDim: 64 };

describe.each<[DType, object]>([
  ["F16", {}],
  ["BF16", {}],
  ["Q8_0", BLOCKS],
  ["Q4_0", BLOCKS],
  ["Q4_1", BLOCKS],
  ["Q5_0", BLOCKS],
  ["Q5_1", BLOCKS],
  ["IQ4_NL", BLOCKS],
  ["Q2_K", LARGE_BLOCKS],
  ["Q3_K", LARGE_BLOCKS],
  ["Q4_K", LARGE_BLOCKS],
  ["Q5_K", LARGE_BLOCKS],
  ["Q6_K", LARGE_BLOCKS],
])("weights in %s", (dtype, sizes) => {
  some(randomModel(4, { dtype, ...sizes }), {}, ROUNDED, FEW);

  test("a short prompt is within 1e-3 of the oracle that rounds alike", async () => {
    const model = randomModel(1, { dtype, ...sizes, layerCount: 1 });
    const [expected, actual] = [await logitsOf(oracle(model)), await logitsOf(make(model))];
    expected.forEach((logit, id) => expect(Math.abs(actual[id] - logit)).toBeLessThan(1e-3));
  });
});

/** Logits after three tokens. */
async function logitsOf(makeBackend: MakeBackend): Promise<Float32Array> {
  const backend = await makeBackend({ ...SIZES, hostBlockCount: 0, keepLogits: true });
  const driver = new PlanDriver(backend);
  const [{ logits }] = await driver.step([{ sequence: driver.start([5, 9, 2]) }]);
  await backend.dispose();
  return logits!;
}

describe.each(["f16", "int8"] as const)("keys and values in %s", (kv) => {
  some(randomModel(5), { kv }, ROUNDED);
});

const odd = { headDim: 6, hiddenSize: 30, intermediateSize: 37, headCount: 6, kvHeadCount: 3, tiedEmbeddings: true };
describe("sizes that are no multiples of four, tied embeddings", () => {
  some(randomModel(2, odd), {});
});

const layer = (parts: Partial<LayerConfig>): LayerConfig => ({ window: null, rope: 0, experts: false, ...parts });

describe("windows, experts, norms around, biases, caps and scales", () => {
  const model = randomModel(9, {
    layers: [layer({ window: 10 }), layer({ experts: true }), layer({ window: 10, rope: null })],
    experts: { count: 6, perToken: 2, intermediateSize: 24, normalized: true },
    norm: { kind: "rms", epsilon: 1e-6, place: "around" },
    biases: { qkv: true, output: true, feedForward: true },
    queryKeyNorm: true,
    attentionSoftCap: 20,
    logitSoftCap: 15,
    activation: "gelu_tanh",
    embeddingScale: 3,
    residualScale: 0.5,
    logitScale: 0.8,
  });
  some(model, {});
});

describe("experts in blocks", () => {
  const experts = { count: 4, perToken: 3, intermediateSize: 32, normalized: false };
  some(randomModel(10, { dtype: "Q8_0", ...BLOCKS, layers: [layer({ experts: true })], experts }), {}, ROUNDED);
});

describe("equal logits", () => {
  const tied = randomModel(3, { tiedLogits: true });
  const cases = backendConformance(make(tied), { blockSizes: [16] }).filter(({ name }) => name.startsWith("greedy"));
  test.each(cases)("$name", (each) => each.run());
});

test.each([
  ["an option that cannot be", { threads: -1 }, InvalidOptionError, /threads must be an integer in \[0, 64\], got -1/],
  ["a KV type that is none", { kv: "f64" as "f32" }, InvalidOptionError, /kv must be f32, f16, int8, got f64/],
  [
    "a pool beyond 4 GiB",
    { blockCount: 2 ** 22 },
    DeviceLimitError,
    /WebAssembly's memory ends at 4.00 GiB, and 4194304 blocks would end at 4\.07/,
  ],
])("%s is refused: %s", async (_, options, kind, message) => {
  const creating = createCpuBackend({ model: randomModel(1, { contextLength: 64 }), ...SIZES, ...options });
  await expect(creating).rejects.toThrow(kind);
  await expect(creating).rejects.toThrow(message);
});

test.each([
  ["norms of kind layer", { norm: { kind: "layer", epsilon: 1e-5, place: "before" } }],
  ["3 query heads do not share 2 key heads evenly", { headCount: 3 }],
] as const)("a decoder that no kernel computes is refused by name: %s", async (what, parts) => {
  const model = randomModel(1);
  const creating = createCpuBackend({ model: { ...model, config: { ...model.config, ...parts } }, ...SIZES });
  await expect(creating).rejects.toThrow(UnsupportedModelError);
  await expect(creating).rejects.toThrow(`the CPU backend cannot run LlamaForCausalLM: ${what}`);
});

test("rows that are no whole blocks are refused with the tensor's name", async () => {
  const model = randomModel(4, { dtype: "Q8_0", ...BLOCKS });
  const head = { ...model.head, shape: [97, 63] };
  await expect(createCpuBackend({ model: { ...model, head }, ...SIZES })).rejects.toThrow(InvalidModelError);
});

test("tensors may come one at a time", async () => {
  const model = randomModel(1);
  let atOnce = 0;
  let most = 0;
  const lazy = (tensor: Model["head"] | null) => {
    if (tensor === null) return null;
    const { bytes, ...info } = tensor;
    const read = async (): Promise<Uint8Array> => {
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      atOnce--;
      return bytes;
    };
    return { ...info, read };
  };
  const layers = model.layers.map((each) =>
    Object.fromEntries(Object.entries(each).map(([name, tensor]) => [name, lazy(tensor as Model["head"])])),
  );
  const whole = {
    config: model.config,
    embedding: lazy(model.embedding),
    head: lazy(model.head),
    finalNorm: lazy(model.finalNorm),
    layers,
  };
  const backend = await createCpuBackend({
    model: whole as unknown as CpuBackendOptions["model"],
    ...SIZES,
    threads: 0,
  });
  expect(most).toBe(1);
  await backend.dispose();
});
