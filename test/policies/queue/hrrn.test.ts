import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hrrn } from "../../../src/policies/queue/hrrn.ts";
import type { RequestView } from "../../../src/request.ts";
import { PolicyRun, promptOf } from "../../support/policy-run.ts";
import { admitNext, drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

function ofLength(order: number, length: number): RequestView {
  return requestOf(order, { promptTokenIds: new Int32Array(length) });
}

describe("hrrn", () => {
  test("waits are counted in prompt tokens computed since, and weigh by the own length", () => {
    const queue = hrrn();
    queue.add(ofLength(0, 10), 0);
    queue.add(ofLength(1, 40), 0);
    queue.add(ofLength(2, 10), 0);
    expect(admitNext(queue).order).toBe(0);
    queue.add(ofLength(3, 1), 1000);
    // After 10 tokens: 10/40, 10/10, 0/1.
    expect(queue.next(1000)!.order).toBe(2);
    // After 20 tokens: 20/40 and 10/1.
    admitNext(queue);
    expect(drain(queue)).toEqual([3, 1]);
  });

  test("time alone changes nothing", () => {
    const queue = hrrn();
    queue.add(ofLength(0, 100), 0);
    queue.add(ofLength(1, 1), 9999);
    expect(queue.next(99_999)!.order).toBe(0);
  });

  test("only tokens that are not cached count as length, also where the cache changes meanwhile", () => {
    const cached = new Map<RequestView, number>();
    const queue = hrrn();
    queue.attach!({ cachedTokens: (request) => cached.get(request) ?? 0 });
    const [other, cold, warm] = [ofLength(0, 50), ofLength(1, 60), ofLength(2, 100)];
    for (const request of [other, cold, warm]) queue.add(request, 0);
    admitNext(queue);
    expect(queue.next(0)).toBe(cold);
    cached.set(warm, 90);
    queue.begin!(1);
    expect(queue.next(1)).toBe(warm);
    cached.clear();
    expect(queue.next(1)).toBe(cold);
  });

  test("one that comes back keeps its age", () => {
    const queue = hrrn();
    const [old, young] = [ofLength(0, 10), ofLength(1, 10)];
    queue.add(old, 0);
    admitNext(queue);
    queue.add(young, 0);
    queue.charge!(old, 5, 0);
    queue.add(old, 1);
    expect(drain(queue)).toEqual([0, 1]);
  });

  test("nobody waits longer than 2 (n L + S) tokens, whatever comes after it", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    const newcomers = fc.infiniteStream(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 60 }), newcomers, (before, length, after) => {
        const queue = hrrn();
        for (const [order, each] of before.entries()) queue.add(ofLength(order, each), 0);
        const target = ofLength(before.length, length);
        queue.add(target, 0);
        const waiting = queue.size;
        let computed = 0;
        let order = waiting;
        for (let next = admitNext(queue); next !== target; next = admitNext(queue)) {
          computed += next.promptTokenCount;
          // Another takes the place of each that goes: the queue is as full as ever.
          queue.add(ofLength(order++, after.next().value), 0);
          expect(computed).toBeLessThanOrEqual(
            2 * (waiting * length + before.reduce((sum, each) => sum + each, 0) + 30),
          );
        }
      }),
    );
  });

  test("a cold prompt gets its turn in the scheduler while warm ones keep coming", () => {
    const run = new PolicyRun({ blockCount: 40, maxRequests: 1, queue: hrrn() });
    const warm = { family: 1, shared: 64 };
    run.submit({ promptTokenIds: promptOf(80, 0, warm), maxTokens: 1 });
    run.step();
    const cold = run.submit({ id: "cold", promptTokenIds: promptOf(80, 999), maxTokens: 1 });
    for (let i = 1; i < 60; i++) {
      for (let wave = 0; wave < 2; wave++) {
        run.submit({ promptTokenIds: promptOf(80, 2 * i + wave, warm), maxTokens: 1 });
      }
      run.step();
    }
    expect(cold.state).toBe("finished");
  });
});
