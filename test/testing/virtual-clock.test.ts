import { expect, test } from "vitest";
import { VirtualClock } from "../../src/testing/virtual-clock.ts";

test("wakes in the order of time, once, and not what was cancelled", () => {
  const clock = new VirtualClock();
  const woken: string[] = [];
  clock.schedule(3, () => woken.push("late"));
  clock.schedule(1, () => woken.push("early"));
  const cancel = clock.schedule(2, () => woken.push("cancelled"));
  cancel();
  clock.advance(0.5);
  expect(woken).toEqual([]);
  clock.advance(5);
  clock.advance(5);
  expect(woken).toEqual(["early", "late"]);
  expect(clock.now).toBe(10.5);
});
