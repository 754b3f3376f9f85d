import { expect, test } from "vitest";
import type { KvEvent } from "../../src/blocks/events.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

/** A scheduler that has run one request of 8 tokens in blocks of 2, and one that still runs. */
function used(events: KvEvent[] = []): Scheduler {
  const scheduler = new Scheduler({ blockCount: 16, blockSize: 2, onKvEvent: (event) => events.push(event) });
  const step = (): void => {
    const plan = scheduler.schedule(0)!;
    scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(7) }, 0);
  };
  scheduler.submit({ id: "done", promptTokenIds: [1, 2, 3, 4, 5, 6, 7, 8], maxTokens: 1 }, 0);
  step();
  scheduler.submit({ id: "runs", promptTokenIds: [9, 9, 9, 9], maxTokens: 9 }, 0);
  step();
  return scheduler;
}

const cachedTokens = (scheduler: Scheduler, promptTokenIds: number[]): number => {
  const request = scheduler.submit({ id: "again", promptTokenIds, maxTokens: 1 }, 0);
  scheduler.schedule(0);
  return request.cachedTokenCount;
};

test("a reset is refused while blocks are held, and forced on request", () => {
  const scheduler = used();
  expect([scheduler.resetPrefixCache(), scheduler.stats().cachedBlocks]).toEqual([false, 4]);
  expect([scheduler.resetPrefixCache({ force: true }), scheduler.stats().cachedBlocks]).toEqual([true, 0]);
  scheduler.checkInvariants();
  expect(cachedTokens(scheduler, [1, 2, 3, 4, 5, 6, 7, 8])).toBe(0);
});

test("a running request goes on after a forced reset, and is cached no more", () => {
  const scheduler = used();
  scheduler.resetPrefixCache({ force: true });
  for (let i = 0; i < 8; i++) {
    const plan = scheduler.schedule(0)!;
    scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(9) }, 0);
    scheduler.checkInvariants();
  }
  expect([scheduler.size, scheduler.stats().heldBlocks, scheduler.stats().cachedBlocks]).toEqual([0, 0, 0]);
});

test("a reset takes place with nothing held; with a plan in flight never", () => {
  const scheduler = used();
  scheduler.abort("runs", 0);
  expect([scheduler.resetPrefixCache(), scheduler.stats().freeBlocks]).toEqual([true, 16]);
  scheduler.submit({ id: "new", promptTokenIds: [1, 2], maxTokens: 2 }, 0);
  scheduler.schedule(0);
  expect(scheduler.resetPrefixCache({ force: true })).toBe(false);
});

test("a lost device is one cleared event, and nothing is known afterwards", () => {
  const events: KvEvent[] = [];
  const scheduler = used(events);
  scheduler.invalidateDevice(0);
  expect(events.at(-1)).toEqual({ type: "cleared", tier: "device" });
  expect(scheduler.kv.prefixes.events!.snapshot()).toEqual([]);
});
