import { describe, expect, test } from "vitest";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

describe("a slot", () => {
  test("is a request's own while it runs, and another's after it", () => {
    const { scheduler, submit, step } = schedulerOf({ maxRequests: 2 });
    const [a, b] = [submit(0, { maxTokens: 1 }), submit(1, { maxTokens: 9 })];
    scheduler.schedule(0);
    expect([a.slot, b.slot, a.stay, b.stay]).toEqual([0, 1, 0, 1]);
    scheduler.abort(0, 0);
    const c = submit(2);
    scheduler.schedule(0);
    expect([a.slot, a.stay, c.slot, c.stay, step]).toEqual([-1, -1, 0, 2, step]);
  });

  test("takes the counts over when its request leaves", () => {
    const { scheduler, submit, step } = schedulerOf();
    const request = submit(0, { maxTokens: 9 });
    for (let i = 0; i < 3; i++) step();
    scheduler.schedule(0);
    expect([request.tokenCount, request.computedTokenCount, request.pendingCount, request.inFlightCount]).toEqual([
      9, 9, 1, 1,
    ]);
    scheduler.pause(0, 0);
    expect([request.tokenCount, request.computedTokenCount, request.pendingCount, request.inFlightCount]).toEqual([
      9, 0, 1, 0,
    ]);
  });

  test("keeps tokens by the dozen and more, in order, with every length of the request's own array", () => {
    for (const length of [1, 15, 16, 17, 31]) {
      const { submit, scheduler } = schedulerOf({ blockCount: 60, contextLength: 200, blockSize: 4 });
      const request = submit(0, { promptTokenIds: ids(length), maxTokens: 50, skipPrefixCache: length % 2 === 0 });
      for (let token = 0; scheduler.size > 0; token++) {
        const plan = scheduler.schedule(0)!;
        scheduler.commit(plan, { tokenIds: Int32Array.of(100 + token) }, 0);
      }
      const first = request.outputTokenIds()[0];
      expect(request.outputTokenIds()).toEqual(Array.from({ length: 50 }, (_, i) => first + i));
      expect([...request.tokens.subarray(0, length)]).toEqual(ids(length));
    }
  });

  test("takes as much memory as there are tokens, not as there may be", () => {
    const { submit, step } = schedulerOf({ blockCount: 1000, contextLength: 4000 });
    const request = submit(0, { promptTokenIds: ids(3), maxTokens: 3000 });
    for (let i = 0; i < 5; i++) step();
    expect(request.tokens.length).toBeLessThan(1000);
  });
});
