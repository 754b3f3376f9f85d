import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { IndexedHeap } from "../../src/collections/heap.ts";
import type { RequestView } from "../../src/request.ts";
import { requestOf } from "../support/request-views.ts";

const byPriority = (a: RequestView, b: RequestView): number => a.priority - b.priority;

/** Pushes of a priority, or a removal of the element at this place of what is in. */
const commands = fc.array(
  fc.oneof(fc.record({ push: fc.integer({ min: 0, max: 9 }) }), fc.record({ remove: fc.nat(40) })),
  { maxLength: 120 },
);

describe("IndexedHeap", () => {
  test("after any program, the first is a least element of what is in", () => {
    fc.assert(
      fc.property(commands, (program) => {
        const heap = new IndexedHeap(byPriority);
        const model: RequestView[] = [];
        for (const [order, command] of program.entries()) {
          if ("push" in command) {
            const request = requestOf(order, { priority: command.push });
            heap.push(request);
            model.push(request);
          } else if (model.length > 0) {
            const [request] = model.splice(command.remove % model.length, 1);
            heap.remove(request);
          }
          expect(heap.size).toBe(model.length);
          expect(heap.first?.priority).toBe(model.toSorted(byPriority)[0]?.priority);
        }
        for (let sorted = model.toSorted(byPriority); sorted.length > 0; sorted = sorted.slice(1)) {
          expect(heap.first!.priority).toBe(sorted[0].priority);
          heap.remove(heap.first!);
        }
        expect([heap.size, heap.first]).toEqual([0, undefined]);
      }),
    );
  });

  test("refuses a request twice, and to remove one that is not in; nothing changes", () => {
    const heap = new IndexedHeap(byPriority);
    const [a, b] = [requestOf(1), requestOf(2)];
    heap.push(a);
    expect(() => heap.push(a)).toThrow(new AssertionError("item 1 is in the heap already"));
    expect(() => heap.remove(b)).toThrow(new AssertionError("item 2 is not in the heap"));
    expect([heap.size, heap.first]).toEqual([1, a]);
    heap.remove(a);
    heap.push(a);
    expect(heap.first).toBe(a);
  });
});
