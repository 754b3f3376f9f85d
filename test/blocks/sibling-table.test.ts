import fc from "fast-check";
import { expect, test } from "vitest";
import { SiblingTable } from "../../src/blocks/sibling-table.ts";

const CAPACITY = 40;

/** Nodes that the table names for a hash. */
function candidates(table: SiblingTable, hash: number): number[] {
  table.seek(hash);
  const nodes: number[] = [];
  for (let node = table.next(); node !== 0; node = table.next()) nodes.push(node);
  return nodes;
}

test("a search names each node of its hash once, whatever was inserted and removed before", () => {
  // Few hashes with equal last bits: long runs that wrap around.
  const hash = fc.constantFrom(0, 63, -1, 64, 127, 2 ** 31 - 1, -(2 ** 31));
  const command = fc.record({ node: fc.integer({ min: 1, max: CAPACITY }), hash });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const table = new SiblingTable(CAPACITY);
      const model = new Map<number, number>();
      for (const each of commands) {
        if (model.delete(each.node)) table.remove(each.node);
        else {
          table.setHash(each.node, each.hash);
          table.insert(each.node);
          model.set(each.node, each.hash);
        }
        const wanted = [...model].filter(([, of]) => of === each.hash).map(([node]) => node);
        const found = candidates(table, each.hash).filter((node) => model.get(node) === each.hash);
        expect(found.toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b));
        expect(table.size).toBe(model.size);
      }
    }),
  );
});

test("a larger table keeps the hashes and is empty", () => {
  const small = new SiblingTable(2);
  small.setHash(2, 7);
  small.insert(2);
  const large = new SiblingTable(5, small);
  expect([large.size, candidates(large, 7)]).toEqual([0, []]);
  large.insert(2);
  expect(candidates(large, 7)).toEqual([2]);
});
