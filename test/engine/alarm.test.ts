import { describe, expect, test } from "vitest";
import { Alarm, platformTimer, steadyClock } from "../../src/engine/alarm.ts";
import { VirtualClock } from "../../src/testing/virtual-clock.ts";
import { setUp, someTurns } from "../support/engines.ts";

/** An alarm on a virtual clock, with the timers that it has set and not cancelled. */
function onVirtualClock() {
  const clock = new VirtualClock();
  let timers = 0;
  const alarm = new Alarm(
    () => clock.now,
    (seconds, wake) => {
      timers++;
      const cancel = clock.schedule(seconds, wake);
      return () => (timers--, cancel());
    },
  );
  return { alarm, clock, timers: () => timers };
}

describe("Alarm", () => {
  test("wakes at the time, and leaves no timer", async () => {
    const { alarm, clock, timers } = onVirtualClock();
    let woken = false;
    const waits = alarm.wait(5).then(() => (woken = true));
    clock.advance(4);
    await Promise.resolve();
    expect([woken, timers()]).toEqual([false, 1]);
    clock.advance(1);
    await waits;
    expect([woken, timers()]).toEqual([true, 0]);
  });

  test("wakes when it is rung, and leaves no timer", async () => {
    const { alarm, timers } = onVirtualClock();
    const waits = alarm.wait(5);
    alarm.ring();
    await waits;
    expect(timers()).toBe(0);
  });

  test("asks for no timer to wait for ever; a ring while nobody waits is nothing", async () => {
    const { alarm, timers } = onVirtualClock();
    alarm.ring();
    const waits = alarm.wait(Number.POSITIVE_INFINITY);
    expect(timers()).toBe(0);
    alarm.ring();
    await waits;
  });
});

describe("platformTimer", () => {
  test("wakes, now for a time that has passed; cancelled it does not", async () => {
    const woken: string[] = [];
    platformTimer(-5, () => woken.push("past"));
    const cancel = platformTimer(0.001, () => woken.push("cancelled"));
    cancel();
    await new Promise<void>((resolve) => platformTimer(0.02, resolve));
    expect(woken).toEqual(["past"]);
  });

  test("does not wake at once for what no timer can wait for: 24 days and more", async () => {
    let woken = false;
    const cancel = platformTimer(2 ** 31 / 1000, () => (woken = true));
    await new Promise<void>((resolve) => platformTimer(0.02, resolve));
    cancel();
    expect(woken).toBe(false);
  });
});

test("steadyClock stands still where the clock goes back, or is no number", () => {
  const times = [5, 3, 4, Number.NaN, 6];
  const clock = steadyClock(() => times.shift()!);
  expect([clock(), clock(), clock(), clock(), clock()]).toEqual([5, 5, 5, 5, 6]);
});

test("of an engine, a paused request that is aborted leaves no timer behind, and neither does freezing", async () => {
  const clock = new VirtualClock();
  let timers = 0;
  const timer = (seconds: number, wake: () => void) => (
    timers++,
    clock.schedule(seconds, () => (timers--, wake())),
    () => void timers--
  );
  const { engine } = setUp({ clock: () => clock.now, timer });
  for (const leave of [() => engine.abort(1), () => engine.freeze()]) {
    engine.submit({ id: 1, promptTokenIds: [1], maxTokens: 100, deadline: clock.now + 50 });
    engine.pause(1);
    await someTurns();
    expect(timers).toBe(1);
    leave();
    await someTurns();
    expect(timers).toBe(0);
  }
  await engine.dispose();
});

test("of an engine, a clock that throws in the midst of a run ends the streams with its error", async () => {
  let readings = 0;
  const clock = () => {
    if (++readings > 6) throw new Error("the clock stopped");
    return readings;
  };
  const { backend, engine } = setUp({ clock });
  const { finishReason, error } = await engine.submit({ promptTokenIds: [1, 2, 3], maxTokens: 50 }).completion();
  expect([finishReason, error?.message, backend.disposals]).toEqual(["error", "the clock stopped", 1]);
  await engine.dispose();
});
