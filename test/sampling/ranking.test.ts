import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ranking, argmax } from "../../src/sampling/ranking.ts";

/** Few different values, so that ties are common, and the awkward ones. */
const logits = fc.array(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0)),
  { minLength: 1, maxLength: 40 },
);

function descending(values: readonly number[]): number[] {
  const ids = [...values.keys()].filter((id) => !Number.isNaN(values[id]));
  return ids.toSorted((a, b) => (values[a] === values[b] ? a - b : values[a] > values[b] ? -1 : 1));
}

describe("Ranking", () => {
  test("gives ids by descending logit, ties by ascending id, without NaN", () => {
    fc.assert(
      fc.property(logits, (values) => {
        const ranking = new Ranking(values.length);
        ranking.start(Float64Array.from(values));
        const ids = values.map(() => ranking.next()).filter((id) => id >= 0);
        expect(ids).toEqual(descending(values));
        expect(ranking.next()).toBe(-1);
      }),
    );
  });

  test("starts anew, and reads no further than the vocabulary", () => {
    const ranking = new Ranking(2);
    ranking.start(new Float32Array([1, 2, 99]));
    expect(ranking.next()).toBe(1);
    ranking.start(new Float32Array([5, 2, 99]));
    expect([ranking.next(), ranking.next(), ranking.next()]).toEqual([0, 1, -1]);
  });
});

test("argmax is the first in rank; 0 where there is none", () => {
  fc.assert(
    fc.property(logits, (values) => {
      expect(argmax(Float64Array.from(values), values.length)).toBe(descending(values)[0] ?? 0);
    }),
  );
});

test("minus infinity comes before NaN", () => {
  expect([
    argmax(new Float64Array([Number.NaN, -Infinity]), 2),
    argmax(new Float32Array([Number.NaN, Number.NaN, -Infinity]), 2),
  ]).toEqual([1, 0]);
});
