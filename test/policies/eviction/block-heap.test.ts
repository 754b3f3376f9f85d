import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockHeap } from "../../../src/policies/eviction/block-heap.ts";

const BLOCKS = 12;

describe("BlockHeap", () => {
  test("after any program, the least is that of what is in", () => {
    const key = fc.integer({ min: 0, max: 4 });
    const command = fc.record({
      block: fc.integer({ min: 1, max: BLOCKS }),
      kind: fc.constantFrom("toggle", "toggle", "keys", "first"),
      first: key,
      second: key,
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (program) => {
        const heap = new BlockHeap(BLOCKS);
        const keys = Array.from({ length: BLOCKS + 1 }, () => [0, 0]);
        const inside = new Set<number>();
        const compare = (a: number, b: number): number => keys[a][0] - keys[b][0] || keys[a][1] - keys[b][1];
        for (const { block, kind, first, second } of program) {
          if (kind === "toggle" && inside.delete(block)) heap.remove(block);
          else if (kind === "toggle") heap.push([...inside.add(block)].at(-1)!);
          else if (kind === "keys") heap.setKeys(block, (keys[block][0] = first), (keys[block][1] = second));
          else heap.setFirstKey(block, (keys[block][0] = first));
          expect([heap.size, heap.has(block), heap.firstKey(block)]).toEqual([
            inside.size,
            inside.has(block),
            keys[block][0],
          ]);
          if (inside.size > 0) expect(compare(heap.least, [...inside].sort(compare)[0])).toBe(0);
        }
      }),
    );
  });

  test("refuses a block twice, one that is not in, and to name the least of none", () => {
    const heap = new BlockHeap(3);
    expect(() => heap.least).toThrow("the heap of blocks is empty");
    expect(() => heap.remove(2)).toThrow("block 2 is not in the heap");
    heap.push(2);
    expect(() => heap.push(2)).toThrow("block 2 is in the heap already");
  });
});
