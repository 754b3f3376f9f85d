import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IntList } from "../../src/blocks/int-list.ts";
import { PhaseLists } from "../../src/scheduler/phase-lists.ts";

function valuesOf(list: IntList): number[] {
  return Array.from({ length: list.length }, (_, i) => list.at(i)).sort((a, b) => a - b);
}

describe("PhaseLists", () => {
  test("gives back who is due, every period steps", () => {
    const lists = new PhaseLists(3, 10);
    lists.add(7, 0);
    lists.add(2, 2);
    expect(lists.coming().length).toBe(1);
    expect([1, 2, 3, 4].map(() => valuesOf(lists.next()))).toEqual([[7], [], [2], [7]]);
    lists.remove(7);
    expect([1, 2, 3].map(() => valuesOf(lists.next()))).toEqual([[], [2], []]);
  });

  test("a period of one is every step", () => {
    const lists = new PhaseLists(1, 2);
    lists.add(1, 0);
    expect([valuesOf(lists.next()), lists.coming().length, valuesOf(lists.next())]).toEqual([[1], 1, [1]]);
  });

  test("numbers may leave while their list is read", () => {
    const lists = new PhaseLists(2, 8);
    for (const number of [1, 2, 3]) lists.add(number, 0);
    const due = lists.next();
    for (let i = 0; i < due.length; i++) lists.remove(due.at(i));
    expect([due.length, lists.coming().length, valuesOf(lists.next()), valuesOf(lists.next())]).toEqual([0, 0, [], []].with(0, 3));
  });

  test("equals a list of all with their next step, after any program", () => {
    const command = fc.oneof(fc.constant({ verb: "step" as const }), fc.record({ verb: fc.constant("toggle" as const), number: fc.nat(9), steps: fc.nat(6) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(command, { maxLength: 80 }), (period, program) => {
        const lists = new PhaseLists(period, 10);
        const dueAt = new Map<number, number>();
        let now = 0;
        for (const each of program) {
          if (each.verb === "step") {
            now++;
            const due = [...dueAt].filter(([, at]) => (now - at) % period === 0).map(([number]) => number);
            expect(valuesOf(lists.next())).toEqual(due.sort((a, b) => a - b));
          } else if (dueAt.delete(each.number)) lists.remove(each.number);
          else {
            dueAt.set(each.number, now + 1 + (each.steps % period));
            lists.add(each.number, each.steps % period);
          }
          expect(lists.coming().length).toBe([...dueAt.values()].filter((at) => (now + 1 - at) % period === 0).length);
        }
      }),
    );
  });
});
