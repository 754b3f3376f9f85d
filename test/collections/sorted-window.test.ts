import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedWindow } from "../../src/collections/sorted-window.ts";

test("asks as one would of the last numbers pushed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
      (capacity, pushed) => {
        const window = new SortedWindow(capacity);
        for (const [index, value] of pushed.entries()) {
          window.push(value);
          const kept = pushed.slice(Math.max(0, index + 1 - capacity), index + 1);
          expect(window.size).toBe(kept.length);
          for (let bound = -1; bound <= 9; bound++) {
            const above = kept.filter((each) => each > bound);
            expect(window.meanAbove(bound)).toBe(
              above.length === 0 ? undefined : above.reduce((sum, each) => sum + each, 0) / above.length,
            );
          }
        }
      },
    ),
  );
});

test("an empty one has no mean", () => expect(new SortedWindow(3).meanAbove(0)).toBeUndefined());
