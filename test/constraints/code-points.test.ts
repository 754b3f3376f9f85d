import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CodePointSet,
  MAX_CODE_POINT,
  codePointSet,
  complement,
  difference,
  hasCodePoint,
  intersection,
  utf8,
} from "../../src/constraints/code-points.ts";
import { byteGrammar } from "../support/constraints/byte-vocabulary.ts";

const point = fc.oneof(
  fc.nat(MAX_CODE_POINT),
  fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, MAX_CODE_POINT),
);
const sets = fc
  .array(
    fc.tuple(point, point).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    { maxLength: 5 },
  )
  .map(codePointSet);

test("UTF-8 of a set matches its code points alone", () => {
  fc.assert(
    fc.property(sets, fc.array(point, { minLength: 20, maxLength: 40 }), (set, points) => {
      if (
        intersection(set, [
          [0, 0xd7ff],
          [0xe000, MAX_CODE_POINT],
        ]).length === 0
      ) {
        return;
      }
      const grammar = byteGrammar(utf8(set));
      for (const edge of [
        ...points,
        ...set.flat(),
        ...set.map(([low]) => low - 1),
        ...set.map(([, high]) => high + 1),
      ]) {
        if (edge < 0 || edge > MAX_CODE_POINT || (edge >= 0xd800 && edge <= 0xdfff)) continue;
        expect(grammar.matches(String.fromCodePoint(edge)), `U+${edge.toString(16)}`).toBe(hasCodePoint(set, edge));
      }
    }),
  );
});

test("sets are combined as sets", () => {
  fc.assert(
    fc.property(sets, sets, point, (a, b, at) => {
      const inA = hasCodePoint(a, at);
      const inB = hasCodePoint(b, at);
      const has = (set: CodePointSet) => hasCodePoint(set, at);
      expect([
        has(complement(a)),
        has(intersection(a, b)),
        has(difference(a, b)),
        has(codePointSet([...a, ...b])),
      ]).toEqual([!inA, inA && inB, inA && !inB, inA || inB]);
    }),
  );
});
