import { describe, expect, test } from "vitest";
import { maxUtilization } from "../../src/policies/admission/max-utilization.ts";
import type { AdmissionView } from "../../src/policies/admission/admission-policy.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import type { RequestView } from "../../src/request.ts";
import { ids, rowsOf, schedulerOf } from "../support/scheduler-of.ts";

describe("admission", () => {
  test("goes in the order of the queue while there are tokens, the last request with what is left", () => {
    const { scheduler, submit, waitsFor } = schedulerOf();
    for (const id of [0, 1, 2, 3]) submit(id);
    expect(rowsOf(scheduler.schedule(0))).toEqual([
      [0, 6],
      [1, 6],
      [2, 4],
    ]);
    expect(waitsFor(3)).toEqual({ reason: "behind" });
  });

  test("ends with the first request that does not fit, which says why", () => {
    const { scheduler, submit, waitsFor } = schedulerOf({ blockCount: 6, tokenBudget: 60, contextLength: 24 });
    for (const [id, length] of [8, 16, 1].entries()) submit(id, { promptTokenIds: ids(length, id) });
    expect(rowsOf(scheduler.schedule(0))).toEqual([[0, 8]]);
    expect([waitsFor(1), waitsFor(2)]).toEqual([{ reason: "blocks", missingBlocks: 1 }, { reason: "behind" }]);
  });

  test("counts what the prefix cache gave", () => {
    const { scheduler, submit, step } = schedulerOf();
    submit("a", { promptTokenIds: ids(12), maxTokens: 1 });
    step();
    expect(scheduler.stats()).toMatchObject({ cachedTokens: 0, lookedUpTokens: 12 });
    submit("b", { promptTokenIds: ids(12), maxTokens: 1 });
    expect(step()).toEqual([1]);
    expect(scheduler.stats()).toMatchObject({ cachedTokens: 11, lookedUpTokens: 24 });
  });

  test("shows a queue policy how much of a request is cached", () => {
    let cachedTokens: ((request: RequestView) => number) | undefined;
    const queue = Object.assign(fcfs(), {
      attach: (view: { cachedTokens: typeof cachedTokens }) => (cachedTokens = view.cachedTokens),
    });
    const { submit, step } = schedulerOf({ queue });
    submit(0, { promptTokenIds: ids(12) });
    step();
    const inputs = [{}, { skipPrefixCache: true }, { cacheSalt: "x" }, { promptTokenIds: ids(6, 9) }];
    expect(inputs.map((input, i) => cachedTokens!(submit(1 + i, { promptTokenIds: ids(12), ...input })))).toEqual([
      11, 0, 0, 0,
    ]);
  });

  test("needs a slot, a place for the adapter, and blocks above the watermark; nothing changes where one lacks", () => {
    const cases: [Parameters<typeof schedulerOf>[0], object, object, object][] = [
      [{ maxRequests: 1 }, {}, {}, { reason: "requests", limit: 1 }],
      [{ maxAdapters: 1 }, { adapterId: 1 }, { adapterId: 2 }, { reason: "adapters", limit: 1 }],
      [{ blockCount: 4, contextLength: 16 }, {}, { promptTokenIds: ids(8, 5) }, { reason: "blocks", missingBlocks: 1 }],
    ];
    for (const [options, first, second, deferral] of cases) {
      const { scheduler, submit, step, waitsFor } = schedulerOf(options);
      submit(0, { ...first, maxTokens: 9 });
      step();
      submit(5, second);
      const { heldBlocks } = scheduler.stats();
      step();
      expect([waitsFor(5), scheduler.stats().heldBlocks, scheduler.stats().running]).toEqual([deferral, heldBlocks, 1]);
    }
  });

  test("waits for a last token that is in flight", () => {
    const { scheduler, submit, waitsFor } = schedulerOf({
      blockCount: 4,
      contextLength: 14,
      admission: maxUtilization(),
    });
    submit(0, { maxTokens: 8 });
    submit(1, { maxTokens: 8 });
    const plans = [scheduler.schedule(0)!];
    for (let i = 0; i < 3; i++) {
      plans.push(scheduler.schedule(0)!);
      scheduler.commit(plans.shift()!, { tokenIds: new Int32Array(2) }, 0);
    }
    expect(scheduler.explain(1)).toMatchObject({ state: "preempted" });
    const { pendingCount } = scheduler.requests.find(({ id }) => id === 1) as unknown as { pendingCount: number };
    scheduler.schedule(0);
    expect(waitsFor(1)).toEqual({
      reason: pendingCount > 0 ? "in-flight" : "blocks",
      ...(pendingCount > 0 ? {} : { missingBlocks: expect.any(Number) }),
    });
  });

  test("lets a whole prompt in where no more may be partial, and long prompts have a limit of their own", () => {
    const { scheduler, submit, step, waitsFor } = schedulerOf({ maxPartialPrefills: 1, tokenBudget: 8 });
    submit(0, { promptTokenIds: ids(30) });
    step();
    submit(1, { promptTokenIds: ids(20, 1) });
    step();
    expect([waitsFor(1), scheduler.stats().running]).toEqual([{ reason: "behind" }, 1]);
    const long = schedulerOf({ maxLongPartialPrefills: 1, longPrefillThreshold: 10 });
    long.submit(0, { promptTokenIds: ids(30) });
    long.step();
    long.submit(1, { promptTokenIds: ids(20, 1) });
    long.step();
    expect(long.waitsFor(1)).toMatchObject({ reason: "partial-prefills" });
  });

  test("ignores the watermark where nothing runs", () => {
    const { submit, step } = schedulerOf({ blockCount: 5, tokenBudget: 20, contextLength: 21 });
    submit(0, { promptTokenIds: ids(20), maxTokens: 1 });
    expect(step()).toEqual([20]);
  });

  test("shows admission policies the pool", () => {
    const seen: object[] = [];
    const admission = {
      name: "seen",
      missingBlocks: (_request: RequestView, needed: number, view: AdmissionView) => {
        seen.push([
          needed,
          view.blockCount,
          view.blockSize,
          view.groupCount,
          view.availableBlocks,
          view.contextLength,
          view.promisedBlocks,
          view.heldBlocks(view.running[0]),
          view.blocksFor(20),
          view.inFlightBlocks,
        ]);
        return 0;
      },
    };
    const { submit, step } = schedulerOf({
      groups: [{ window: null }, { window: 4 }],
      admission,
      tokenBudget: 8,
      blockCount: 30,
    });
    submit(0, { promptTokenIds: ids(20) });
    step();
    submit(1, { promptTokenIds: ids(2, 1), maxTokens: 1 });
    for (let i = 0; i < 2; i++) step();
    expect(seen).toEqual([[2, 30, 4, 2, 23, 60, 0, 7, 7, 4]]);
  });

  test("counts what running prompts were promised, newcomers included", () => {
    const promised: number[] = [];
    const admission = {
      name: "promised",
      missingBlocks: (_request: RequestView, _needed: number, view: AdmissionView) => (
        promised.push(view.promisedBlocks),
        0
      ),
    };
    const { submit, step } = schedulerOf({ blockCount: 60, admission, longPrefillThreshold: 4 });
    submit(0, { promptTokenIds: ids(30), maxTokens: 1 });
    step();
    submit(1, { promptTokenIds: ids(20, 7), maxTokens: 1 });
    submit(2, { promptTokenIds: ids(8, 8), maxTokens: 1 });
    step();
    expect(promised).toEqual([6, 6 + 4]);
  });
});
