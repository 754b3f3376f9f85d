import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { dlpm, type DlpmOptions } from "../../../src/policies/queue/dlpm.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { runClients } from "../../support/client-run.ts";
import { admitNext } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

/** A queue of prompts of 10 tokens, of which so many are cached, by client. */
function queueOf(options: DlpmOptions, clients: readonly string[], cached: readonly number[] = []): QueuePolicy {
  const queue = dlpm(options);
  queue.attach!({ cachedTokens: (request) => cached[request.order] ?? 0 });
  for (const [order, client] of clients.entries()) {
    queue.add(requestOf(order, { client, promptTokenIds: new Int32Array(10) }), 0);
  }
  return queue;
}

function admitAll(queue: QueuePolicy, cached: readonly number[] = []): number[] {
  const orders: number[] = [];
  for (let next = queue.next(0); next !== undefined; next = queue.next(0)) {
    orders.push(admitNext(queue, 0, cached[next.order] ?? 0).order);
  }
  return orders;
}

describe("dlpm", () => {
  test("in the order of the cache, while its client has quantum left", () => {
    const cached = [0, 0, 5, 4, 3, 9];
    // Of 12 each: a spends 5, 6 and 7; b 1; then both have had theirs.
    expect(admitAll(queueOf({ quantum: 12 }, ["a", "a", "a", "a", "a", "b"], cached), cached)).toEqual([
      5, 2, 3, 4, 0, 1,
    ]);
    expect(admitAll(queueOf({ quantum: 5 }, ["a", "a", "b", "b"], [8, 7, 2, 1]), [8, 7, 2, 1])).toEqual([0, 1, 2, 3]);
    expect(admitAll(queueOf({ quantum: 2 }, ["a", "a", "b", "b"], [8, 7, 2, 1]), [8, 7, 2, 1])).toEqual([0, 2, 1, 3]);
  });

  test("when no waiting client has any left, all get as many rounds as one of them needs", () => {
    const queue = queueOf({ quantum: 1 }, ["a", "a", "b", "b", "b"]);
    expect(admitAll(queue)).toEqual([0, 2, 1, 3, 4]);
  });

  test("priorities come before the cache among a client's own requests, and take nothing from other clients", () => {
    const queue = dlpm({ quantum: 12 });
    const cached = [9, 5, 0, 8];
    queue.attach!({ cachedTokens: ({ order }) => cached[order] });
    for (const [order, [client, priority]] of (
      [
        ["a", 0],
        ["a", 0],
        ["a", -1],
        ["b", 7],
      ] as const
    ).entries()) {
      queue.add(requestOf(order, { client, priority, promptTokenIds: new Int32Array(10) }), 0);
    }
    expect(admitAll(queue, cached)).toEqual([3, 2, 0, 1]);
  });

  test("produced tokens are taken from it, of running requests too", () => {
    const queue = queueOf({ quantum: 30 }, ["a", "b", "a", "b"]);
    const first = admitNext(queue);
    queue.charge!(first, 0, 15);
    expect(queue.next(0)!.order).toBe(1);
    admitNext(queue);
    expect(queue.next(0)!.order).toBe(3);
  });

  test("what is computed again is not taken again", () => {
    const queue = queueOf({ quantum: 15 }, ["a", "b", "a"]);
    const first = admitNext(queue);
    queue.charge!(first, 10, 0);
    expect(queue.next(0)!.order).toBe(1);
    admitNext(queue);
    expect(queue.next(0)!.order).toBe(2);
  });

  test("beyond the limit of waiting requests, the oldest of a client with quantum left", () => {
    const queue = queueOf({ quantum: 5, maxSorted: 1 }, ["a", "a", "b"], [0, 0, 9]);
    expect([admitNext(queue).order, admitNext(queue).order, admitNext(queue).order]).toEqual([0, 2, 1]);
  });

  test("of what is computed, clients that both wait get shares within the bound; a greater quantum finds more in the cache", () => {
    const quantum = 400;
    const { gap, bound, hitRate } = runClients(dlpm({ quantum }), 48);
    expect(gap).toBeLessThanOrEqual(bound + 2 * (quantum + 90));
    expect(runClients(dlpm({ quantum: 10 * quantum }), 48).hitRate).toBeGreaterThan(hitRate);
  });

  test.each(["quantum", "promptWeight", "outputWeight", "maxSorted"])("refuses a %s of 0", (name) => {
    expect(() => dlpm({ [name]: 0 })).toThrow(new InvalidOptionError(`${name} must be a finite number above 0, got 0`));
  });
});
