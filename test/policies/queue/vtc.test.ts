import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { fcfs } from "../../../src/policies/queue/fcfs.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { vtc } from "../../../src/policies/queue/vtc.ts";
import { produce } from "../../../src/testing/policy-cases/policy-case.ts";
import { runClients } from "../../support/client-run.ts";
import { admitNext, drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

function add(queue: QueuePolicy, order: number, client: string, length = 10, priority = 0) {
  const request = requestOf(order, { client, promptTokenIds: new Int32Array(length), maxTokens: 500, priority });
  produce(request, 0);
  queue.add(request, order);
  return request;
}

describe("vtc", () => {
  test("the client served least is next, with its oldest request; a prompt is charged when it is admitted", () => {
    const queue = vtc();
    for (const [order, client] of ["a", "a", "a", "b", "c"].entries()) add(queue, order, client);
    const order = [1, 2, 3, 4, 5].map(() => admitNext(queue).order);
    expect(order).toEqual([0, 3, 4, 1, 2]);
  });

  test("priorities order a client's own requests, and take nothing from other clients", () => {
    const queue = vtc();
    for (const [order, client] of ["a", "b", "a", "b"].entries()) add(queue, order, client);
    add(queue, 4, "a", 10, -9);
    expect([1, 2, 3, 4, 5].map(() => admitNext(queue).order)).toEqual([4, 1, 0, 3, 2]);
  });

  test("produced tokens count twice, those of running requests too", () => {
    const queue = vtc();
    for (const [order, client] of ["a", "b", "a", "b"].entries()) add(queue, order, client);
    const [a] = [admitNext(queue), admitNext(queue)];
    queue.charge!(a, 0, 1);
    expect(queue.next(0)!.order).toBe(3);
    expect(drain(vtc())).toEqual([]);
  });

  test("what is computed again is not charged again", () => {
    const queue = vtc();
    add(queue, 0, "a", 10);
    add(queue, 1, "b", 15);
    const a = admitNext(queue);
    admitNext(queue);
    queue.add(a, 5);
    admitNext(queue);
    add(queue, 2, "b");
    add(queue, 3, "a");
    expect(queue.next(9)!.order).toBe(3);
  });

  test("silence saves nothing up: who starts to wait is lifted to the least of those that wait", () => {
    const queue = vtc();
    for (let order = 0; order < 10; order++) add(queue, order, "busy");
    for (let i = 0; i < 8; i++) admitNext(queue);
    add(queue, 10, "late");
    add(queue, 11, "late");
    add(queue, 12, "late");
    // Equal at first: the older account goes first, then they alternate.
    expect([1, 2, 3, 4].map(() => admitNext(queue).order)).toEqual([8, 10, 9, 11]);
  });

  test("with nobody waiting, to the one that waited last", () => {
    const queue = vtc();
    for (let order = 0; order < 5; order++) add(queue, order, "busy");
    for (let i = 0; i < 5; i++) admitNext(queue);
    add(queue, 5, "late");
    add(queue, 6, "late");
    add(queue, 7, "busy");
    expect([1, 2, 3].map(() => admitNext(queue).order)).toEqual([7, 5, 6]);
  });

  test("one that only steps aside is not lifted", () => {
    const queue = vtc();
    add(queue, 0, "a");
    add(queue, 1, "b");
    admitNext(queue);
    add(queue, 2, "a");
    const b = queue.next(7)!;
    queue.remove(b, 7);
    queue.add(b, 7);
    expect(queue.next(7)).toBe(b);
  });

  test("the gap between two clients that both wait stays under its bound while a third floods, and all get their share", () => {
    const { gap, bound, served } = runClients(vtc());
    expect(gap).toBeLessThanOrEqual(bound);
    const total = served.a + served.b + served.flood;
    for (const each of [served.a, served.b]) expect(each / total).toBeGreaterThan(0.3);
    const unfair = runClients(fcfs());
    expect(unfair.served.a / (unfair.served.a + unfair.served.b + unfair.served.flood)).toBeLessThan(0.2);
  });

  test("refuses weights that are none", () => {
    expect(() => vtc({ promptWeight: -1 })).toThrow(
      new InvalidOptionError("promptWeight must be a finite number >= 0, got -1"),
    );
    expect(() => vtc({ outputWeight: Number.NaN })).toThrow(
      new InvalidOptionError("outputWeight must be a finite number >= 0, got NaN"),
    );
  });
});
