import { expect, test } from "vitest";
import type { Entry } from "../../src/scheduler/entry.ts";
import { Seats } from "../../src/scheduler/seats.ts";
import { entryOf } from "../support/scheduler-parts.ts";

test("Seats: the lowest slots first, freed ones at once, and never the number of an earlier stay", () => {
  const outside: Entry[] = [];
  const seats = new Seats(2, outside);
  const [a, b, c] = [entryOf(0), entryOf(1), entryOf(2)];
  seats.take(a);
  seats.take(b);
  expect([a.slot, a.stay, b.slot, b.stay, a.state, seats.running, outside]).toEqual([0, 0, 1, 1, "running", [a, b], [a, b]]);
  outside.length = 0;
  outside.push(a);
  a.become("preempted");
  seats.leave(a);
  expect([a.slot, a.stay, seats.running.length]).toEqual([-1, -1, 2]);
  seats.compact();
  seats.take(c);
  expect([c.slot, c.stay, seats.running, outside]).toEqual([0, 2, [b, c], [c]]);
  b.become("preempted");
  seats.leave(b);
  seats.compact();
  seats.take(a);
  expect([a.slot, a.stay, seats.running]).toEqual([1, 3, [c, a]]);
});
