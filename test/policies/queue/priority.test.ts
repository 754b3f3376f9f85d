import fc from "fast-check";
import { expect, test } from "vitest";
import { priority } from "../../../src/policies/queue/priority.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

test("lower numbers come first, of equal ones the oldest", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 30 }), (priorities) => {
      const queue = priority();
      const requests = priorities.map((each, order) => requestOf(order, { priority: each }));
      for (const request of requests.toReversed()) queue.add(request, 0);
      expect(drain(queue)).toEqual(
        requests.toSorted((a, b) => a.priority - b.priority || a.order - b.order).map(({ order }) => order),
      );
    }),
  );
});

test("in the scheduler, an urgent request that comes later passes those that wait, not those that run", () => {
  const run = new PolicyRun({ blockCount: 20, maxRequests: 1, queue: priority() });
  run.submit({ id: "runs", promptTokenIds: [1], maxTokens: 3 });
  run.step();
  run.submit({ id: "waits", promptTokenIds: [1], maxTokens: 3, priority: 5 });
  run.submit({ id: "urgent", promptTokenIds: [1], maxTokens: 3, priority: -1 });
  run.finish();
  expect(run.admitted).toEqual(["runs", "urgent", "waits"]);
});
