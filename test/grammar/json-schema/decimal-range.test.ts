import fc from "fast-check";
import { expect, test } from "vitest";
import type { Grammar } from "../../../src/constraints/grammar.ts";
import { ConstraintError } from "../../../src/errors.ts";
import { type Bounds, decimalRange } from "../../../src/grammar/json-schema/decimal-range.ts";
import { byteGrammar } from "../../support/constraints/byte-vocabulary.ts";

const number = fc.oneof(
  fc.integer({ min: -2000, max: 2000 }),
  fc.double({ min: -100, max: 100, noNaN: true }),
  fc.integer({ min: -300, max: 300 }).map((cents) => cents / 100),
  fc.constantFrom(1e-7, -1e-7, 123_456_789_012, 1e14, 0),
);
const bounds = fc.record({
  low: fc.option(number, { nil: Number.NEGATIVE_INFINITY }),
  lowExcluded: fc.boolean(),
  high: fc.option(number, { nil: Number.POSITIVE_INFINITY }),
  highExcluded: fc.boolean(),
});

test("numbers within the bounds match, and no others", () => {
  fc.assert(
    fc.property(bounds, fc.boolean(), fc.array(number, { minLength: 20, maxLength: 40 }), (range, integer, numbers) => {
      const grammar = grammarOf(range, integer);
      const edges = [range.low, range.high, range.low + 1, range.high - 1].filter(Number.isFinite);
      for (const value of [...numbers, ...edges].map(
        (candidate) => (integer ? Math.round(candidate) : candidate) + 0,
      )) {
        const text = String(value);
        // Digits that float64 does not hold, and exponents, are not written.
        if (text.includes("e") || text.replace(/[-.]/g, "").length > 15) continue;
        const inside =
          value >= range.low &&
          value <= range.high &&
          !(range.lowExcluded && value === range.low) &&
          !(range.highExcluded && value === range.high);
        expect(grammar?.matches(text) ?? false, text).toBe(inside);
      }
    }),
    { numRuns: 300 },
  );
});

function grammarOf(range: Bounds, integer: boolean): Grammar | null {
  try {
    return byteGrammar(decimalRange(range, integer));
  } catch (error) {
    if (error instanceof ConstraintError) return null;
    throw error;
  }
}
