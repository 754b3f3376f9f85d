import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PairTable, RANK_UNIT } from "../../../src/models/tokenizer/pair-table.ts";

test("holds what a map of pairs holds", () => {
  const entry = fc.tuple(fc.nat(300), fc.nat(300), fc.nat(RANK_UNIT), fc.nat(RANK_UNIT - 1));
  const law = fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
    const table = new PairTable(entries.length);
    const map = new Map<string, number>();
    for (const [left, right, rank, id] of entries) {
      table.set(left, right, rank, id);
      map.set(`${left},${right}`, rank * RANK_UNIT + id);
    }
    for (const [left, right] of entries) {
      expect(table.find(left, right)).toBe(map.get(`${left},${right}`));
      expect(table.find(right, left)).toBe(map.get(`${right},${left}`) ?? -1);
    }
  });
  fc.assert(law);
});
