/** The prefix cache can be emptied at any time, and says so in one event. */
import { describe, expect, test } from "vitest";
import type { KvEvent } from "../../src/blocks/events.ts";
import { DisposedError } from "../../src/errors.ts";
import { expectedOf, promptOf, setUp, someTurns } from "../support/engines.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

describe("Scheduler.resetPrefixCache", () => {
  test.each([
    [0, ["device"]],
    [4, ["device", "host"]],
  ])("with %i host blocks publishes one cleared event a tier, and no removed ones", (hostBlockCount, tiers) => {
    const events: KvEvent[] = [];
    const { scheduler, submit, step } = schedulerOf({ hostBlockCount, onKvEvent: (event) => events.push(event) });
    submit(0, { promptTokenIds: ids(12), maxTokens: 9 });
    submit(1, { promptTokenIds: ids(12, 1), maxTokens: 1 });
    step();
    step();
    events.length = 0;
    expect(scheduler.resetPrefixCache({ force: true })).toBe(true);
    expect(events).toEqual(tiers.map((tier) => ({ type: "cleared", tier })));
    expect(scheduler.kv.snapshot()).toEqual([]);
    // There is nothing left to tell of.
    expect([scheduler.resetPrefixCache({ force: true }), events.length]).toEqual([true, tiers.length]);
    while (scheduler.size > 0) step();
    scheduler.checkInvariants();
  });

  test("a running request whose blocks were forgotten caches again once it was preempted", () => {
    const { scheduler, submit, step } = schedulerOf();
    submit(0, { promptTokenIds: ids(12), maxTokens: 9 });
    step();
    scheduler.resetPrefixCache({ force: true });
    scheduler.pause(0, 0);
    scheduler.resume(0, 0);
    while (scheduler.size > 0) step();
    expect(scheduler.stats().cachedBlocks).toBe(5);
  });

  test("recompute lets running requests compute all their tokens again", () => {
    const { scheduler, submit, step } = schedulerOf();
    const request = submit(0, { promptTokenIds: ids(8), maxTokens: 4 });
    step();
    const plan = scheduler.schedule(0)!;
    expect(scheduler.recompute(0)).toBe(false);
    scheduler.rollback(plan, 0);
    expect([scheduler.recompute(0), request.state, scheduler.stats().freeBlocks]).toEqual([true, "preempted", 20]);
    expect(step()).toEqual([9]);
  });
});

describe("Engine.resetPrefixCache", () => {
  test("waits for the steps in flight, forgets what they cached, and requests go on as if nothing were", async () => {
    const events: KvEvent[] = [];
    const { engine, backend } = setUp({ onKvEvent: (event) => events.push(event) });
    backend.hold();
    const answers = [1, 2, 3].map((i) => engine.submit({ promptTokenIds: promptOf(i), maxTokens: 20 }).completion());
    await someTurns();
    expect(engine.scheduler.inFlightCount).toBe(2);
    let isDone = false;
    const reset = engine.resetPrefixCache().then(() => (isDone = true));
    await someTurns();
    expect(isDone).toBe(false);
    backend.release();
    await reset;
    expect(events.at(-1)).toEqual({ type: "cleared", tier: "device" });
    for (const [i, answer] of answers.entries()) {
      expect((await answer).choices[0].tokenIds).toEqual(expectedOf(i + 1, 20));
    }
    await engine.dispose();
  });

  test.each([false, true])("with recompute %s, many at once, under load", async (recompute) => {
    const { engine } = setUp();
    const answers = [1, 2, 3, 4].map((i) => engine.submit({ promptTokenIds: promptOf(i), maxTokens: 30 }).completion());
    for (let i = 0; i < 4; i++) await Promise.all([engine.resetPrefixCache({ recompute }), engine.resetPrefixCache()]);
    for (const [i, answer] of answers.entries()) {
      expect((await answer).choices[0].tokenIds).toEqual(expectedOf(i + 1, 30));
    }
    expect(engine.stats().recomputedTokens > 0).toBe(recompute);
    await engine.dispose();
  });

  test("is done while the engine is frozen or idle, and rejected once it is disposed", async () => {
    const { engine } = setUp();
    await engine.resetPrefixCache();
    const answer = engine.submit({ promptTokenIds: promptOf(1), maxTokens: 9 }).completion();
    engine.freeze();
    await engine.resetPrefixCache({ recompute: true });
    engine.unfreeze();
    expect((await answer).choices[0].tokenIds).toEqual(expectedOf(1, 9));
    await engine.dispose();
    await expect(engine.resetPrefixCache()).rejects.toThrow(DisposedError);
  });
});
