import { expect, test } from "vitest";
import { ContextSlots } from "../../src/testing/context-slots.ts";

test("slots are unwritten at first, and are copied with all that they hold", () => {
  const [from, to] = [new ContextSlots(4), new ContextSlots(4)];
  expect([...to.positions]).toEqual([-1, -1, -1, -1]);
  from.tokens[1] = 7;
  from.positions[1] = 3;
  from.beginnings[1] = 11;
  from.domains[1] = 12;
  to.copy(from, 0, 2, 2);
  expect([to.tokens[3], to.positions[3], to.beginnings[3], to.domains[3]]).toEqual([7, 3, 11, 12]);
  expect(to.positions[2]).toBe(-1);
});
