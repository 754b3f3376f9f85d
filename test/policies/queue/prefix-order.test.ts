import { describe, expect, test } from "vitest";
import { PrefixOrder } from "../../../src/policies/queue/prefix-order.ts";
import type { Request, RequestInput } from "../../../src/request.ts";
import { promptOf } from "../../support/policy-run.ts";
import { requestOf } from "../../support/request-views.ts";

const anybody = (): boolean => true;

/** An order over requests of which so many tokens are cached. */
function orderOf(requests: readonly Request[], cached: Record<number, number>, ageing = 0) {
  const order = new PrefixOrder(ageing);
  order.attach({ cachedTokens: (request) => cached[request.order] ?? 0 });
  for (const request of requests) order.add(request);
  return order;
}

function drain(order: PrefixOrder): number[] {
  const orders: number[] = [];
  for (let next = order.first(anybody); next !== undefined; next = order.first(anybody)) {
    orders.push(next.order);
    order.remove(next);
  }
  return orders;
}

function withPrompt(order: number, own: number, shared: number, input: Partial<RequestInput> = {}): Request {
  return requestOf(order, { promptTokenIds: promptOf(64, own, { shared }), ...input });
}

describe("PrefixOrder", () => {
  test("the longest match first, of equal ones the oldest", () => {
    const requests = [0, 1, 2, 3].map((order) => withPrompt(order, order, 0));
    expect(drain(orderOf(requests.toReversed(), { 1: 40, 2: 60, 3: 40 }))).toEqual([2, 1, 3, 0]);
  });

  test("looks anew after begin(), and where somebody came, but not in between", () => {
    const cached: Record<number, number> = { 0: 10 };
    const order = orderOf([withPrompt(0, 0, 0), withPrompt(1, 1, 0)], cached);
    expect(order.first(anybody)!.order).toBe(0);
    cached[1] = 20;
    expect(order.first(anybody)!.order).toBe(0);
    order.begin();
    expect(order.first(anybody)!.order).toBe(1);
    order.add(withPrompt(2, 2, 0));
    cached[2] = 30;
    expect(order.first(anybody)!.order).toBe(2);
  });

  test("takes the first that is accepted, undefined where none is", () => {
    const order = orderOf(
      [0, 1].map((each) => withPrompt(each, each, 0)),
      { 0: 50 },
    );
    expect(order.first((request) => request.order === 1)!.order).toBe(1);
    expect(order.first(() => false)).toBeUndefined();
  });

  test("of those that share 32 tokens that are not cached, all but the oldest go last", () => {
    const requests = [0, 1, 2, 3].map((order) => withPrompt(order, order, order < 3 ? 32 : 0));
    expect(drain(orderOf(requests, { 3: 0 }))).toEqual([0, 3, 1, 2]);
    // 32 cached tokens may be chance, 33 are the beginning itself.
    expect(drain(orderOf(requests, { 1: 32, 2: 33 }))).toEqual([2, 0, 3, 1]);
  });

  test("31 tokens in common, another salt or another adapter share nothing", () => {
    const short = [0, 1].map((order) => withPrompt(order, order, 31));
    expect(drain(orderOf(short, { 1: 5 }))).toEqual([1, 0]);
    const apart = [
      withPrompt(0, 0, 32),
      withPrompt(1, 1, 32, { cacheSalt: "x" }),
      withPrompt(2, 2, 32, { adapterId: 1 }),
    ];
    expect(drain(orderOf(apart, { 1: 1, 2: 2 }))).toEqual([2, 1, 0]);
    const tiny = [0, 1].map((order) => requestOf(order, { promptTokenIds: [7, 7] }));
    expect(drain(orderOf(tiny, { 1: 1 }))).toEqual([1, 0]);
  });

  test("with ageing, each departure counts for as many cached tokens, since the first arrival", () => {
    const cached = { 1: 40, 2: 40, 3: 40 };
    const [cold, ...warm] = [0, 1, 2, 3].map((order) => withPrompt(order, order, 0));
    const order = orderOf([cold, warm[0]], cached, 20);
    order.remove(warm[0]);
    order.add(warm[1]);
    expect(order.first(anybody)).toBe(warm[1]);
    order.remove(warm[1]);
    order.remove(cold);
    order.add(cold);
    order.add(warm[2]);
    expect(order.first(anybody)).toBe(cold);
  });
});
