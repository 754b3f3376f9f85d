import { expect, test } from "vitest";
import { setUp, someTurns } from "../support/engines.ts";

test("a listener that throws each time ends the streams with its error, and is told nothing further", async () => {
  let calls = 0;
  const onKvEvent = (): void => {
    calls++;
    throw new Error("no room for events");
  };
  const { backend, engine } = setUp({ onKvEvent });
  const completion = await engine
    .submit({ promptTokenIds: Array.from({ length: 100 }, (_, i) => i), maxTokens: 5 })
    .completion();
  expect([completion.finishReason, completion.error?.message]).toEqual(["error", "no room for events"]);
  await someTurns(); // an error that escapes a microtask fails this test
  expect([calls, backend.disposals]).toEqual([1, 1]);
  await engine.dispose();
});

test("so does one that throws where the scheduler is called directly", async () => {
  let fails = false;
  const onKvEvent = (): void => {
    if (fails) throw new Error("no room for events");
  };
  const { backend, engine } = setUp({ onKvEvent });
  await engine.submit({ promptTokenIds: Array.from({ length: 100 }, (_, i) => i), maxTokens: 5 }).completion();
  fails = true;
  expect(engine.scheduler.resetPrefixCache()).toBe(true);
  await someTurns();
  expect(backend.disposals).toBe(1);
  expect(() => engine.submit({ promptTokenIds: [1], maxTokens: 1 })).toThrow("disposed");
});
