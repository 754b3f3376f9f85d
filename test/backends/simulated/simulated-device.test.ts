import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SimulatedDevice, type SimulatedDeviceOptions } from "../../../src/backends/simulated/index.ts";
import { InvalidOptionError } from "../../../src/errors.ts";
import { gpuNamed, modelNamed, StepLoad, StepTime } from "../../../src/roofline/index.ts";
import type { StepPlan } from "../../../src/step.ts";

const TABLES = new URL("../../../../shared/groundtruth/", import.meta.url);
const noTables = !existsSync(TABLES);
const ifTables = noTables ? " (skipped: ../shared/groundtruth is absent)" : "";

const A100 = { gpu: gpuNamed("a100-80gb"), shape: modelNamed("llama-2-7b") };
const make = (options: Partial<SimulatedDeviceOptions> = {}) =>
  new SimulatedDevice({ ...A100, blockCount: 1000, blockSize: 16, maxTokens: 8192, maxRequests: 512, ...options });

/** A plan of requests that compute `query` tokens and see `context` after them. */
function planOf(
  requests: readonly (readonly [query: number, context: number])[],
  more: Partial<StepPlan> = {},
): StepPlan {
  const queryIndptr = new Int32Array(requests.length + 1);
  for (const [i, [query]] of requests.entries()) queryIndptr[i + 1] = queryIndptr[i] + query;
  const counts = {
    tokenCount: queryIndptr[requests.length],
    requestCount: requests.length,
    sampleCount: requests.length,
    copyCount: 0,
    swapOutCount: 0,
    swapInCount: 0,
  };
  return {
    ...counts,
    queryIndptr,
    contextLengths: Int32Array.from(requests, ([, context]) => context),
    ...more,
  } as StepPlan;
}

const request = fc
  .integer({ min: 1, max: 600 })
  .chain((query) => fc.tuple(fc.constant(query), fc.integer({ min: query, max: 6000 })));

test.each(["llama-2-7b", "mistral-7b", "gemma-2-2b"])(
  "a step of %s takes what the roofline says of its requests",
  (name) => {
    const shape = modelNamed(name);
    const device = make({ shape });
    const time = new StepTime({ ...A100, shape });
    const load = new StepLoad(shape);
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 12 }), (requests) => {
        load.clear();
        for (const [query, context] of requests) load.add(query, context, 1);
        expect(device.stepSeconds(planOf(requests))).toBeCloseTo(time.stepSeconds(load), 12);
      }),
    );
  },
);

test("a step of nothing but decodes takes what each of them adds", () => {
  const load = new StepLoad(A100.shape);
  for (const context of [10, 200, 4000]) load.add(1, context, 1);
  expect(
    make().stepSeconds(
      planOf([
        [1, 10],
        [1, 200],
        [1, 4000],
      ]),
    ),
  ).toBeCloseTo(new StepTime(A100).stepSeconds(load), 12);
});

test("copies and swaps take the bytes of their blocks over the rate of their way", () => {
  const device = make();
  const plain = device.stepSeconds(planOf([[1, 10]]));
  const bytes = 16 * 2 * 32 * 4096 * 2; // 16 tokens, keys and values, 32 layers, 4,096 numbers of 2 bytes
  expect(device.stepSeconds(planOf([[1, 10]], { swapOutCount: 3, swapInCount: 2 })) - plain).toBeCloseTo(
    (5 * bytes) / 25e9,
    9,
  );
  expect(device.stepSeconds(planOf([[1, 10]], { copyCount: 4 })) - plain).toBeCloseTo(
    (4 * 2 * bytes) / (2039e9 * 0.915),
    9,
  );
  expect(device.busySeconds).toBeGreaterThan(3 * plain);
});

test("tokens follow from the input and its position alone, and stay for a step", () => {
  const plan = (tokenIds: number[], positions: number[]): StepPlan => {
    const sampleRows = Int32Array.from(tokenIds, (_, i) => i);
    return {
      sampleCount: tokenIds.length,
      tokenIds: Int32Array.from(tokenIds),
      positions: Int32Array.from(positions),
      sampleRows,
    } as unknown as StepPlan;
  };
  const device = make({ vocabSize: 50 });
  const first = device.sample(plan([3, 4, 3], [7, 7, 8]));
  const [a, b, c] = first.tokenIds;
  const second = device.sample(plan([~2, 4, ~0], [9, 7, 20]));
  expect(first.tokenIds.subarray(0, 3)).toEqual(Int32Array.of(a, b, c));
  expect(second.tokenIds[1]).toBe(b);
  expect(device.sample(plan([c, a], [9, 20])).tokenIds.subarray(0, 2)).toEqual(
    Int32Array.of(second.tokenIds[0], second.tokenIds[2]),
  );
  for (const id of [a, b, c]) expect(id).toBeLessThan(50);
  expect(new Set([a, b, c]).size).toBe(3);
});

test.each([
  ["blockCount", 0],
  ["maxTokens", 1.5],
  ["vocabSize", -1],
])("%s of %d is refused by name", (name, value) => {
  expect(() => make({ [name]: value })).toThrow(
    new InvalidOptionError(`${name} must be an integer >= 1, got ${value}`),
  );
});

describe(`A100 step tables, mean error within 10%${ifTables}`, () => {
  test.skipIf(noTables).each(["vidur", "aiconfigurator"])("decodes of %s", (source) => {
    const errors = rows("a100_step_decode.csv", source).map((row) => {
      const requests = Array.from({ length: Number(row.batch) }, () => [1, Number(row.context)] as const);
      return errorOf(row, requests);
    });
    expect(errors.length).toBeGreaterThan(50);
    expect(mean(errors)).toBeLessThan(0.1);
  });

  test.skipIf(noTables)("prefills of both", () => {
    const errors = rows("a100_step_prefill.csv", "").map((row) =>
      errorOf(row, [[Number(row.prompt_tokens), Number(row.prompt_tokens) + Number(row.past_kv)]]),
    );
    expect(errors.length).toBeGreaterThan(10);
    expect(mean(errors)).toBeLessThan(0.1);
  });
});

type Row = Readonly<Record<string, string>>;

function rows(file: string, source: string): Row[] {
  const [header, ...lines] = readFileSync(new URL(file, TABLES), "utf8").trim().split(/\r?\n/);
  const keys = header.split(",");
  const all = lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [keys[i], cell])));
  return all.filter((row) => row.source.startsWith(source));
}

/** The tables hold no host work. The head is in a row's time where it has a column of its own. */
function errorOf(row: Row, requests: readonly (readonly [number, number])[]): number {
  const gpu = gpuNamed("a100-80gb");
  const device = make({
    gpu: { ...gpu, efficiency: { ...gpu.efficiency, hostSecondsPerStep: 0, hostSecondsPerRequest: 0 } },
    shape: modelNamed(row.model),
  });
  const seconds = device.stepSeconds(planOf(requests, { sampleCount: row.lm_head_ms === "" ? 0 : requests.length }));
  return Math.abs((seconds * 1000) / Number(row.step_ms) - 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
