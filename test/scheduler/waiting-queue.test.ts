import { describe, expect, test } from "vitest";
import { QueueFullError } from "../../src/errors.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { WaitingQueue } from "../../src/scheduler/waiting-queue.ts";
import { entryOf } from "../support/scheduler-parts.ts";

describe("WaitingQueue", () => {
  test("counts requests and their tokens, as many out as in", () => {
    const queue = new WaitingQueue(fcfs(), { maxRequests: 9, maxTokens: 99 });
    const [a, b] = [entryOf(0), entryOf(1)];
    queue.add(a, 0);
    queue.add(b, 0);
    expect([queue.size, queue.tokenCount, queue.next(0)]).toEqual([2, 12, a]);
    a.tokens = new Int32Array(9);
    a.append(5);
    queue.remove(a, 0);
    queue.remove(b, 0);
    expect([queue.size, queue.tokenCount, queue.next(0)]).toEqual([0, 0, undefined]);
  });

  test("is full by requests, or by tokens; a preempted one comes back nevertheless", () => {
    const queue = new WaitingQueue(fcfs(), { maxRequests: 2, maxTokens: 13 });
    queue.add(entryOf(0), 0);
    queue.assertRoomFor(7);
    expect(() => queue.assertRoomFor(8)).toThrow(new QueueFullError("6 tokens are waiting, 8 more are beyond the limit of 13"));
    queue.add(entryOf(1), 0);
    expect(() => queue.assertRoomFor(1)).toThrow(new QueueFullError("2 requests are waiting, the limit is 2"));
    queue.add(entryOf(2), 0);
    expect([queue.size, queue.tokenCount]).toEqual([3, 18]);
  });
});
