import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SamplingParams } from "../../src/sampling-params.ts";
import { Sampler } from "../../src/sampling/sample.ts";
import { uniform } from "../../src/sampling/threefry.ts";
import type { SamplingColumns } from "../../src/step.ts";

interface Choice extends Partial<SamplingParams> {
  readonly choice?: number;
}

/** One row of columns. */
function columnsOf({ temperature = 1, topK = 0, topP = 1, minP = 0, seed = 0, choice = 0 }: Choice): SamplingColumns {
  return {
    temperature: new Float32Array([temperature]),
    topK: new Int32Array([topK]),
    topP: new Float32Array([topP]),
    minP: new Float32Array([minP]),
    seed: new Int32Array([seed, Math.floor(seed / 2 ** 32)]),
    choice: new Int32Array([choice]),
    logprobs: new Int32Array([-1]),
  };
}

function sample(logits: readonly number[], options: Choice, position = 0): number {
  return new Sampler(logits.length).sample(Float64Array.from(logits), columnsOf(options), 0, position);
}

/** The kept ids and their weights, straight from the definition: quadratic, and no ranking. */
function keptByDefinition(logits: readonly number[], columns: SamplingColumns): Map<number, number> {
  const [largest, k] = [Math.max(...logits), columns.topK[0]];
  const weight = (id: number): number => Math.exp((logits[id] - largest) / columns.temperature[0]);
  const sum = (ids: readonly number[]): number => ids.reduce((total, id) => total + weight(id), 0);
  const larger = (id: number, among: readonly number[]): number[] =>
    among.filter((other) => logits[other] > logits[id]);
  const all = [...logits.keys()];
  const top = k === 0 ? all : all.filter((id) => larger(id, all).length < k);
  const nucleus = columns.topP[0] < 1 ? top.filter((id) => sum(larger(id, top)) < columns.topP[0] * sum(top)) : top;
  return new Map(nucleus.filter((id) => weight(id) >= columns.minP[0]).map((id) => [id, weight(id)]));
}

function drawByDefinition(kept: ReadonlyMap<number, number>, u: number): number {
  const total = [...kept.values()].reduce((a, b) => a + b, 0);
  let running = 0;
  for (const [id, weight] of kept) {
    running += weight;
    if (running > u * total) return id;
  }
  return [...kept.keys()].at(-1)!;
}

/** Few different values, so that ties at every cut are common. */
const someLogits = fc.array(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -9, max: 9, noNaN: true })), {
  minLength: 1,
  maxLength: 24,
});
const someOptions = fc.record({
  temperature: fc.constantFrom(0.1, 0.7, 1, 2.5, 100),
  topK: fc.constantFrom(0, 0, 1, 2, 3, 5, 30),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.001, max: 0.999, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
  seed: fc.maxSafeNat(),
  choice: fc.nat(7),
});

describe("Sampler", () => {
  test("keeps and draws what the definition says", () => {
    fc.assert(
      fc.property(someLogits, someOptions, fc.nat(9999), (logits, options, position) => {
        const columns = columnsOf(options);
        const u = uniform(columns.seed[0], columns.seed[1], options.choice, position);
        expect(sample(logits, options, position)).toBe(drawByDefinition(keptByDefinition(logits, columns), u));
      }),
      { numRuns: 2000 },
    );
  });

  test("reaches every kept id and no other", () => {
    const logits = [2, 1, 3, 1, 0, 3, -1];
    for (const options of [
      { topK: 2 },
      { topK: 4 },
      { topP: 0.6 },
      { topP: 0.9 },
      { minP: 0.1 },
      { topK: 3, topP: 0.5 },
      {},
    ]) {
      const drawn = new Set(Array.from({ length: 2000 }, (_, position) => sample(logits, options, position)));
      expect(drawn).toEqual(new Set(keptByDefinition(logits, columnsOf(options)).keys()));
    }
  });

  test("ties with the k-th are kept, and share their fate in the nucleus", () => {
    const ties = [0, 5, 5, 5, 0];
    for (const options of [{ topK: 1 }, { topP: 0.01 }]) {
      expect([...keptByDefinition(ties, columnsOf(options)).keys()]).toEqual([1, 2, 3]);
      expect(new Set(Array.from({ length: 200 }, (_, position) => sample(ties, options, position)))).toEqual(
        new Set([1, 2, 3]),
      );
    }
  });

  test.each<[string, Choice]>([
    ["alone", {}],
    ["of a seed beyond 32 bits", { seed: 2 ** 40 + 3 }],
    ["of a second choice", { choice: 1 }],
  ])("draws %s follow the distribution", (_, options) => {
    const probabilities = [0.5, 0.2, 0.15, 0.1, 0.04, 0.01];
    const sampler = new Sampler(6);
    const [logits, columns] = [Float64Array.from(probabilities, Math.log), columnsOf(options)];
    const counts = probabilities.map(() => 0);
    for (let position = 0; position < 20_000; position++) counts[sampler.sample(logits, columns, 0, position)]++;
    const chiSquare = counts.reduce(
      (sum, count, id) => sum + (count - 20_000 * probabilities[id]) ** 2 / (20_000 * probabilities[id]),
      0,
    );
    expect(chiSquare).toBeLessThan(25.7); // 5 degrees of freedom: above it once in 10,000
  });

  test("temperature sharpens and flattens", () => {
    const shareOfFirst = (temperature: number): number =>
      Array.from({ length: 2000 }, (_, position) => sample([1, 0], { temperature }, position)).filter((id) => id === 0)
        .length / 2000;
    expect(shareOfFirst(0.1)).toBeGreaterThan(0.99);
    expect(Math.abs(shareOfFirst(1) - Math.E / (Math.E + 1))).toBeLessThan(0.03);
    expect(Math.abs(shareOfFirst(1000) - 0.5)).toBeLessThan(0.04);
  });

  test("temperature 0 takes the lowest of the largest, whatever the other columns say", () => {
    expect(sample([1, 7, 7, 3], { temperature: 0, topK: 3, topP: 0.1, minP: 1, seed: 9 })).toBe(1);
  });

  test("the smallest temperature, topP and the largest minP still choose the likeliest", () => {
    for (const options of [{ temperature: 1e-45 }, { topP: 1e-45 }, { topP: 1e-60 }, { minP: 1 }]) {
      expect(sample([1, 3, 2], options)).toBe(1);
    }
  });

  test("NaN never wins", () => {
    const withNaN = [Number.NaN, 1, Number.NaN, 1.5];
    for (const options of [{ temperature: 0 }, {}, { topK: 3 }, { topP: 0.99 }, { minP: 0.01 }]) {
      for (let position = 0; position < 50; position++) expect([1, 3]).toContain(sample(withNaN, options, position));
    }
    expect(sample([Number.NaN, Number.NaN], {})).toBe(0);
  });

  test("-Infinity is never drawn, and an infinite largest logit decides", () => {
    for (let position = 0; position < 200; position++) expect(sample([-Infinity, 0, -Infinity], {}, position)).toBe(1);
    expect(sample([0, Infinity, Infinity], {})).toBe(1);
    expect(sample([-Infinity, -Infinity], {})).toBe(0);
  });

  test("reads its own row of the columns", () => {
    const two = { ...columnsOf({}), temperature: new Float32Array([1, 0]), topK: new Int32Array([1, 0]) };
    expect(new Sampler(3).sample(new Float32Array([0, 1, 2]), two, 1, 0)).toBe(2);
  });

  test("asserts that the logits cover the vocabulary", () => {
    expect(() => new Sampler(3).sample(new Float32Array(2), columnsOf({}), 0, 0)).toThrow(
      "shorter than the vocabulary",
    );
  });
});
