import { describe, expect, test } from "vitest";
import { QueueFullError } from "../../src/errors.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { WaitingQueue } from "../../src/scheduler/waiting-queue.ts";
import { sequenceOf } from "../support/scheduler-of.ts";

describe("WaitingQueue", () => {
  test("counts requests and their tokens, as many out as in", () => {
    const queue = new WaitingQueue(fcfs(), { maxRequests: 9, maxTokens: 99 });
    const [a, b] = [sequenceOf(0), sequenceOf(1)];
    for (const request of [a, b]) {
      request.queuedTokenCount = 6;
      queue.add(request, 0);
    }
    expect([queue.size, queue.tokenCount, queue.next(0)]).toEqual([2, 12, a]);
    a.append(5);
    queue.remove(a, 0);
    queue.remove(b, 0);
    expect([queue.size, queue.tokenCount, queue.next(0)]).toEqual([0, 0, undefined]);
  });

  test("is full by requests, or by tokens; a preempted one comes back nevertheless", () => {
    const queue = new WaitingQueue(fcfs(), { maxRequests: 2, maxTokens: 13 });
    const waits = (order: number): void => queue.add(Object.assign(sequenceOf(order), { queuedTokenCount: 6 }), 0);
    waits(0);
    queue.assertRoomFor(7);
    expect(() => queue.assertRoomFor(8)).toThrow(
      new QueueFullError("6 tokens are waiting, 8 more are beyond the limit of 13"),
    );
    waits(1);
    expect(() => queue.assertRoomFor(1)).toThrow(new QueueFullError("2 requests are waiting, the limit is 2"));
    waits(2);
    expect([queue.size, queue.tokenCount]).toEqual([3, 18]);
  });
});
