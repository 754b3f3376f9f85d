import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "../../../src/assert.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { fcfs, heapQueue } from "../../../src/policies/queue/fcfs.ts";
import { requestOf } from "../../support/request-views.ts";

function drain(queue: QueuePolicy): number[] {
  const orders: number[] = [];
  for (let next = queue.next(0); next !== undefined; next = queue.next(0)) {
    orders.push(next.order);
    queue.remove(next, 0);
  }
  return orders;
}

describe("fcfs", () => {
  test("the oldest comes first, a preempted one in its old place", () => {
    const queue = fcfs();
    const [first, second, third] = [requestOf(0), requestOf(1), requestOf(2)];
    queue.add(second, 0);
    queue.add(third, 0);
    queue.add(first, 5);
    expect([queue.name, queue.size, queue.next(9)]).toEqual(["fcfs", 3, first]);
    expect(drain(queue)).toEqual([0, 1, 2]);
    expect([queue.size, queue.next(9)]).toEqual([0, undefined]);
  });

  test("goes neither by priority nor by length", () => {
    const queue = fcfs();
    queue.add(requestOf(1, { priority: -5 }), 0);
    queue.add(requestOf(0, { promptTokenIds: new Int32Array(100), priority: 5 }), 0);
    expect(drain(queue)).toEqual([0, 1]);
  });

  test("next leaves the request in", () => {
    const queue = fcfs();
    queue.add(requestOf(0), 0);
    expect([queue.next(0), queue.next(0), queue.size]).toEqual([queue.next(0), queue.next(0), 1]);
  });
});

describe("heapQueue", () => {
  test("is in the order of any comparison, whoever left meanwhile", () => {
    const requests = fc.uniqueArray(fc.record({ order: fc.nat(), priority: fc.integer() }), {
      selector: ({ order }) => order,
      maxLength: 50,
    });
    fc.assert(
      fc.property(requests, fc.nat(), (given, seed) => {
        const queue = heapQueue("priority", (a, b) => a.priority - b.priority || a.order - b.order);
        const all = given.map(({ order, priority }) => requestOf(order, { priority }));
        for (const request of all) queue.add(request, 0);
        const gone = all.filter((request) => (request.order ^ seed) % 3 === 0);
        for (const request of gone) queue.remove(request, 0);
        const left = all.filter((request) => !gone.includes(request));
        expect(queue.size).toBe(left.length);
        expect(drain(queue)).toEqual(
          left.toSorted((a, b) => a.priority - b.priority || a.order - b.order).map(({ order }) => order),
        );
      }),
    );
  });

  test("takes a request once, and gives up only one that is in", () => {
    const queue = heapQueue("any", (a, b) => a.order - b.order);
    const request = requestOf(7);
    queue.add(request, 0);
    expect(() => queue.add(request, 0)).toThrow(new AssertionError("item 7 is in the heap already"));
    queue.remove(request, 0);
    expect(() => queue.remove(request, 0)).toThrow(new AssertionError("item 7 is not in the heap"));
    expect(queue.size).toBe(0);
  });
});
