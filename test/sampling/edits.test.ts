import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editLogits, isEdited } from "../../src/sampling/edits.ts";
import { makePlan, type LogitEdit } from "../../src/testing/make-plan.ts";
import { allowInMask, maskAllows, maskWordCount } from "../../src/token-mask.ts";

const VOCABULARY = 70;

function planOf(edits: LogitEdit[][], masks: (Int32Array | null)[]) {
  const sampled = edits.map((_, i) => i);
  const row = { slot: 0, tokenIds: sampled, position: 0, tables: [[1]], sampled, edits, masks };
  return makePlan(0, 16, [row]);
}

/** The rule, written out in float64. */
function expected(logit: number, id: number, edits: LogitEdit[], mask: Int32Array | null): number {
  if (mask !== null && !maskAllows(mask, id)) return Number.NEGATIVE_INFINITY;
  const edit = edits.find(({ tokenId }) => tokenId === id);
  if (edit === undefined) return logit;
  const x = logit + (edit.bias ?? 0);
  return (x > 0 ? x / (edit.scale ?? 1) : x * (edit.scale ?? 1)) - (edit.penalty ?? 0);
}

const real = fc.double({ min: -50, max: 50, noNaN: true });
const edit: fc.Arbitrary<LogitEdit> = fc.record({
  tokenId: fc.nat(VOCABULARY - 1),
  bias: fc.oneof(real, fc.constant(Number.NEGATIVE_INFINITY)),
  scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
  penalty: real,
});
const edits = fc.uniqueArray(edit, { selector: ({ tokenId }) => tokenId, maxLength: 12 });
const mask = fc.option(
  fc.uniqueArray(fc.nat(VOCABULARY - 1)).map((ids) => {
    const words = new Int32Array(maskWordCount(VOCABULARY));
    for (const id of ids) allowInMask(words, id);
    return words;
  }),
);

describe("editLogits", () => {
  test("is the rule in float64, up to rounding, for each of a step's samples", () => {
    const samples = fc.array(fc.tuple(edits, mask), { minLength: 1, maxLength: 4 });
    const logits = fc.array(real, { minLength: VOCABULARY, maxLength: VOCABULARY });
    fc.assert(
      fc.property(samples, logits, (given, values) => {
        const plan = planOf(
          given.map(([list]) => list),
          given.map(([, words]) => words),
        );
        for (const [sample, [list, words]] of given.entries()) {
          const row = Float32Array.from(values);
          const before = row.slice();
          editLogits(row, plan, sample);
          expect(isEdited(plan, sample)).toBe(list.length > 0 || words !== null);
          for (const [id, x] of row.entries()) {
            const wanted = expected(before[id], id, list, words);
            if (Number.isFinite(wanted)) expect(Math.abs(x - wanted)).toBeLessThan(1e-4 * (1 + Math.abs(wanted)));
            else expect(x).toBe(wanted);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("divides above 0 and multiplies below", () => {
    const row = Float32Array.of(2, -2, 0, 5);
    const list = [0, 1, 2].map((tokenId) => ({ tokenId, scale: 4 }));
    editLogits(row, planOf([list], [null]), 0);
    expect([...row]).toEqual([0.5, -8, 0, 5]);
  });

  test("a bias of infinity forces an id", () => {
    const row = Float32Array.of(2, -2, 9);
    editLogits(row, planOf([[{ tokenId: 1, bias: Number.POSITIVE_INFINITY }]], [null]), 0);
    expect(row[1]).toBe(Number.POSITIVE_INFINITY);
  });
});
