import { describe, expect, test } from "vitest";
import { Turns } from "../../../src/backends/webgpu/turns.ts";

/** A promise and the function that settles it. */
function latch(): { promise: Promise<void>; open: () => void; fail: (error: Error) => void } {
  let open!: () => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

describe("Turns", () => {
  test("starts at once where nothing waits", () => {
    let started = false;
    void new Turns().take(async () => {
      started = true;
    });
    expect(started).toBe(true);
  });

  test("starts in the order of the calls, behind what waits, whatever waits longest", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const [slow, quick] = [latch(), latch()];
    const start = (name: string) => async () => {
      order.push(name);
      return name;
    };
    const results = [
      turns.take(start("a")),
      turns.take(start("b"), () => slow.promise),
      turns.take(start("c"), () => quick.promise),
      turns.take(start("d")),
    ];
    quick.open();
    await quick.promise;
    expect(order).toEqual(["a"]);
    slow.open();
    expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("starts at once again when nothing waits any more", async () => {
    const turns = new Turns();
    const first = latch();
    const waiting = turns.take(
      async () => 1,
      () => first.promise,
    );
    first.open();
    await waiting;
    await new Promise((resolve) => setImmediate(resolve));
    let started = false;
    void turns.take(async () => {
      started = true;
    });
    expect(started).toBe(true);
  });

  test("a failed blocker fails the work that waited for it and none behind it", async () => {
    const turns = new Turns();
    const broken = latch();
    const waiting = turns.take(
      async () => 1,
      () => broken.promise,
    );
    const behind = turns.take(async () => 2);
    broken.fail(new Error("lost"));
    await expect(waiting).rejects.toThrow("lost");
    await expect(behind).resolves.toBe(2);
  });
});
