import fc from "fast-check";
import { expect, test } from "vitest";
import { lastIn } from "../../../src/policies/preemption/last-in.ts";
import { requestOf } from "../../support/request-views.ts";

test("names the youngest, in whatever order they run", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 20 }), (orders) => {
      expect(lastIn().victim(orders.map((order) => requestOf(order))).order).toBe(Math.max(...orders));
    }),
  );
});

test("goes by submission alone: neither priority nor progress changes it", () => {
  const old = requestOf(1, { priority: 9 });
  const young = requestOf(2, { priority: -9 });
  young.computedTokenCount = 1000;
  expect(lastIn().victim([young, old])).toBe(young);
  expect(lastIn().name).toBe("last-in");
});
