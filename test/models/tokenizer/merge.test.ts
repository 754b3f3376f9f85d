import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mergeAll } from "../../../src/models/tokenizer/merge.ts";
import { PairTable, RANK_UNIT, type FindMerge } from "../../../src/models/tokenizer/pair-table.ts";

/** The definition: again and again the best pair, the leftmost of equals. */
function plainMerges(symbols: readonly number[], find: FindMerge): number[] {
  const left = [...symbols];
  for (;;) {
    const merges = left.slice(1).map((right, i) => find(left[i], right));
    const ranks = merges.map((merge) => (merge < 0 ? Number.POSITIVE_INFINITY : Math.floor(merge / RANK_UNIT)));
    const at = ranks.indexOf(Math.min(...ranks));
    if (at < 0 || ranks[at] === Number.POSITIVE_INFINITY) return left;
    left.splice(at, 2, merges[at] % RANK_UNIT);
  }
}

const pair = fc.record({ left: fc.nat(5), right: fc.nat(5), rank: fc.nat(4), id: fc.nat(5) });

test("merges as the definition says, whatever the merges", () => {
  const law = fc.property(
    fc.array(pair, { maxLength: 12 }),
    fc.array(fc.nat(5), { maxLength: 24 }),
    (pairs, symbols) => {
      const table = new PairTable(pairs.length);
      for (const { left, right, rank, id } of pairs) table.set(left, right, rank, id);
      const find: FindMerge = (left, right) => table.find(left, right);
      const merged = Int32Array.from(symbols);
      const count = mergeAll(merged, merged.length, find);
      expect([...merged.subarray(0, count)]).toEqual(plainMerges(symbols, find));
    },
  );
  fc.assert(law, { numRuns: 500 });
});
