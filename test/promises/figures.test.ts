/** What requests and statistics count: once, by the first admission, with denominators. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dlpm } from "../../src/policies/queue/dlpm.ts";
import { mlfq } from "../../src/policies/queue/mlfq.ts";
import { vtc } from "../../src/policies/queue/vtc.ts";
import { SchedulerDrive } from "../../src/testing/scheduler-drive.ts";
import { drawProgram } from "../../src/testing/scheduler-program.ts";
import { ids, schedulerOf } from "../support/scheduler-of.ts";

test("cachedTokenCount is of the first admission, whatever a preempted request finds of its own", () => {
  const { scheduler, submit, step } = schedulerOf({
    blockCount: 8,
    admission: { name: "any", missingBlocks: () => 0 },
  });
  submit("first", { promptTokenIds: ids(8, 5), maxTokens: 1 });
  step();
  const old = submit(0, { promptTokenIds: ids(9), maxTokens: 20 });
  const young = submit(1, { promptTokenIds: [...ids(4, 5), 3], maxTokens: 20 });
  for (let i = 0; i < 60; i++) step();
  expect([old.cachedTokenCount, young.preemptionCount > 0, young.cachedTokenCount]).toEqual([0, true, 4]);
  expect(scheduler.stats().cachedTokens).toBeGreaterThan(4);
});

test("an admission that was rolled back took nothing; the one after it is the first", () => {
  const { scheduler, submit, step, commit } = schedulerOf();
  submit("first", { promptTokenIds: ids(8), maxTokens: 1 });
  step();
  const request = submit(1, { promptTokenIds: ids(9) });
  const plan = scheduler.schedule(0)!;
  expect(request.cachedTokenCount).toBe(8);
  scheduler.rollback(plan, 0);
  expect(request.cachedTokenCount).toBe(0);
  commit(scheduler.schedule(0)!);
  expect(request.cachedTokenCount).toBe(8);
});

test("the choices of a request count the prompt tokens that its first choice found", () => {
  const ended: [number, number][] = [];
  const { scheduler, submit, step } = schedulerOf({
    onEnd: ({ choice, cachedTokenCount }) => ended.push([choice, cachedTokenCount]),
  });
  submit("first", { promptTokenIds: ids(9), maxTokens: 1 });
  step();
  ended.length = 0;
  submit(1, { promptTokenIds: ids(9), n: 3, maxTokens: 3 });
  while (scheduler.size > 0) step();
  expect(ended.toSorted(([a], [b]) => a - b)).toEqual([
    [0, 8],
    [1, 8],
    [2, 8],
  ]);
});

test("never more of a prompt is cached than all but its last token, in any program", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const drive: SchedulerDrive = new SchedulerDrive(drawProgram(seed), {});
      const { scheduler } = drive;
      const submit = scheduler.submit.bind(scheduler);
      const requests: ReturnType<typeof submit>[] = [];
      scheduler.submit = (input, now) => {
        const request = submit(input, now);
        requests.push(request);
        return request;
      };
      drive.run();
      for (const { cachedTokenCount, promptTokenCount } of requests) {
        expect(cachedTokenCount).toBeLessThan(promptTokenCount);
      }
      const { cachedTokens, lookedUpTokens, acceptedTokens, draftedTokens } = scheduler.stats();
      expect([cachedTokens <= lookedUpTokens, acceptedTokens <= draftedTokens]).toEqual([true, true]);
    }),
    { numRuns: 12 },
  );
});

test("a hit rate has its denominator, drafts their figures", () => {
  const drafter = {
    name: "right once",
    propose: (_tokens: Int32Array, _count: number, most: number) => [7, 8].slice(0, most),
  };
  const { scheduler, submit, step } = schedulerOf({ drafter });
  for (const id of ["a", "b"]) {
    const request = submit(id, { promptTokenIds: ids(12), maxTokens: 4 });
    while (request.state !== "finished") step();
    expect([request.draftedTokenCount, request.acceptedTokenCount]).toEqual(id === "a" ? [2, 1] : [3, 2]);
  }
  submit("c", { promptTokenIds: ids(12), maxTokens: 1, skipPrefixCache: true });
  step();
  expect(scheduler.stats()).toMatchObject({
    cachedTokens: 11,
    lookedUpTokens: 24,
    draftedTokens: 5,
    acceptedTokens: 3,
  });
});

test.each([vtc, dlpm, mlfq])("%o: a rolled-back chunk is told as taken back, so that it is charged once", (make) => {
  const queue = make();
  const told = new Map<string, number>();
  const charge = queue.charge!.bind(queue);
  queue.charge = (request, prompt, output) => {
    charge(request, prompt, output);
    told.set(String(request.id), (told.get(String(request.id)) ?? 0) + prompt);
  };
  const { scheduler, submit, commit } = schedulerOf({ queue });
  submit("a", { promptTokenIds: ids(30), client: "a" });
  submit("b", { promptTokenIds: ids(20, 1), client: "b" });
  for (let i = 0; i < 3; i++) {
    const [first, second] = [scheduler.schedule(0)!, scheduler.schedule(0)];
    if (i === 1) {
      commit(first);
      if (second !== null) scheduler.rollback(second, 0);
    } else scheduler.rollback(first, 0);
  }
  while (scheduler.size > 0) commit(scheduler.schedule(0)!);
  expect(Object.fromEntries(told)).toEqual({ a: 30, b: 20 });
});

test("a client whose steps fail is not charged for them", () => {
  const queue = vtc();
  const { scheduler, submit, commit } = schedulerOf({ queue, maxRequests: 1 });
  submit("a0", { promptTokenIds: ids(10), client: "a", maxTokens: 1 });
  submit("b0", { promptTokenIds: ids(4, 1), client: "b", maxTokens: 1 });
  submit("b1", { promptTokenIds: ids(4, 2), client: "b", maxTokens: 1 });
  const order: string[] = [];
  const plan = scheduler.schedule(0)!;
  scheduler.abort("a0", 0);
  submit("a1", { promptTokenIds: ids(10, 4), client: "a", maxTokens: 1 });
  scheduler.rollback(plan, 0);
  for (let next = scheduler.schedule(0); next !== null; next = scheduler.schedule(0)) {
    order.push(
      ...commit(next)
        .requests.slice(0, 1)
        .map(({ id }) => String(id)),
    );
  }
  expect(order).toHaveLength(3);
});
