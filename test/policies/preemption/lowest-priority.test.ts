import { expect, test } from "vitest";
import { lowestPriority } from "../../../src/policies/preemption/lowest-priority.ts";
import { priority } from "../../../src/policies/queue/priority.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { requestOf } from "../../support/request-views.ts";

test("names the least urgent, of equal ones the youngest", () => {
  const running = [3, 1, 3, 2].map((each, order) => requestOf(order, { priority: each }));
  expect(lowestPriority().victim(running)).toBe(running[2]);
  expect(lowestPriority().victim(running.slice(0, 2))).toBe(running[0]);
  expect(lowestPriority().victim([running[1]])).toBe(running[1]);
});

test("in the scheduler, an urgent request never gives way to one that is less so", () => {
  const run = new PolicyRun({ blockCount: 12, queue: priority(), preemption: lowestPriority() });
  const requests = [1, 0, 1, 0].map((each, i) => run.submit({ promptTokenIds: [i], maxTokens: 90, priority: each }));
  run.finish();
  expect(run.scheduler.stats()).toMatchObject({ finished: 4, running: 0 });
  expect(requests.map(({ preemptionCount }) => preemptionCount > 0)).toEqual([true, false, true, false]);
});
