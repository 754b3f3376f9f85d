import { afterEach, expect, test, vi } from "vitest";
import { nextTurn } from "../../src/backends/next-turn.ts";

afterEach(() => vi.unstubAllGlobals());

test.each(["setImmediate", "MessageChannel"])("with %s it resolves after every microtask, in order", async (way) => {
  if (way === "MessageChannel") vi.stubGlobal("setImmediate", undefined);
  const order: string[] = [];
  const turns = ["first turn", "second turn"].map(async (name) => {
    await nextTurn();
    order.push(name);
  });
  for (let i = 0; i < 100; i++) await Promise.resolve();
  order.push("microtasks");
  await Promise.all(turns);
  expect(order).toEqual(["microtasks", "first turn", "second turn"]);
});

test("a timer fires between turns that follow each other", async () => {
  const fired = vi.fn<() => void>();
  setTimeout(fired, 0);
  for (let turn = 0; turn < 1_000_000 && fired.mock.calls.length === 0; turn++) await nextTurn();
  expect(fired).toHaveBeenCalledTimes(1);
});
