import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { mlfq, type MlfqOptions } from "../../../src/policies/queue/mlfq.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import type { Request } from "../../../src/request.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admitNext, drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

function add(queue: QueuePolicy, order: number, length: number, now = 0): Request {
  const request = requestOf(order, { promptTokenIds: new Int32Array(length) });
  queue.add(request, now);
  return request;
}

/** Quanta of 10, 20, 40, ... */
function queueOf(lengths: readonly number[], options: MlfqOptions = {}): QueuePolicy {
  const queue = mlfq({ quantum: 10, ...options });
  for (const [order, length] of lengths.entries()) add(queue, order, length);
  return queue;
}

describe("mlfq", () => {
  test("a request enters the first queue that holds its prompt; lower queues wait, inside one the longest wait goes first", () => {
    expect(drain(queueOf([41, 40, 21, 20, 11, 10, 1]))).toEqual([5, 6, 3, 4, 1, 2, 0]);
    const queue = queueOf([]);
    add(queue, 0, 5, 2);
    add(queue, 1, 5, 1);
    expect(drain(queue, 2)).toEqual([1, 0]);
  });

  test("who uses its queue's quantum moves down one", () => {
    const queue = queueOf([10, 10, 20]);
    const used = admitNext(queue);
    queue.charge!(used, 0, 1);
    queue.add(used, 1);
    expect(drain(queue, 1)).toEqual([1, 2, 0]);
  });

  test("each queue's quantum is its own: after 10 it takes 20 more to move down again", () => {
    const queue = queueOf([10, 40]);
    const used = admitNext(queue);
    for (let i = 0; i < 21; i++) queue.charge!(used, 0, 1);
    queue.add(used, 1);
    expect(queue.next(1)).toBe(used);
    queue.charge!(used, 0, 1);
    expect(drain(queue, 1)).toEqual([1, 0]);
  });

  test("a token that arrives while it waits again may move it down", () => {
    const queue = queueOf([10, 10]);
    const used = admitNext(queue);
    queue.add(used, 0);
    expect(queue.next(0)).toBe(used);
    queue.charge!(used, 0, 1);
    expect(drain(queue)).toEqual([1, 0]);
  });

  test("who has waited long enough moves up to the first queue, ahead of all who waited less", () => {
    const queue = queueOf([500], { promoteAfter: 3 });
    add(queue, 1, 1, 1);
    expect(queue.next(2.9)!.order).toBe(1);
    expect(drain(queue, 3)).toEqual([0, 1]);
  });

  test("one that only steps aside goes on waiting; one that ran starts anew", () => {
    const queue = queueOf([500], { promoteAfter: 3 });
    add(queue, 1, 1, 0);
    const [aside] = [queue.next(0)!];
    queue.remove(aside, 2);
    queue.add(aside, 2);
    add(queue, 2, 500, 0);
    expect(drain(queue, 3)).toEqual([0, 1, 2]);
    const long = add(queue, 3, 500, 10);
    queue.remove(long, 10);
    queue.charge!(long, 500, 0);
    queue.add(long, 12);
    add(queue, 4, 1, 14);
    expect(drain(queue, 14)).toEqual([4, 3]);
  });

  test("in the scheduler, a long prompt lets short ones pass for so long, and then none", () => {
    const run = new PolicyRun({ blockCount: 100, maxRequests: 1, queue: mlfq({ quantum: 16, promoteAfter: 20 }) });
    run.submit({ id: "first", promptTokenIds: [1], maxTokens: 2 });
    run.step();
    const long = run.submit({ id: "long", promptTokenIds: new Int32Array(200), maxTokens: 1 });
    while (long.state === "waiting") {
      run.submit({ promptTokenIds: [1], maxTokens: 2 });
      run.step();
    }
    expect(run.now).toBeGreaterThan(20);
    expect(run.now).toBeLessThanOrEqual(24);
  });

  test.each([
    [{ quantum: 0 }, "quantum must be a finite number above 0, got 0"],
    [{ promoteAfter: 0 }, "promoteAfter must be above 0, got 0"],
  ])("refuses %j", (options, message) => expect(() => mlfq(options)).toThrow(new InvalidOptionError(message)));
});
