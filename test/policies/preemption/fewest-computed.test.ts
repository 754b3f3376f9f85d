import { expect, test } from "vitest";
import { fewestComputed } from "../../../src/policies/preemption/fewest-computed.ts";
import type { Request } from "../../../src/request.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { requestOf } from "../../support/request-views.ts";

function computed(order: number, tokens: number): Request {
  const request = requestOf(order);
  request.computedTokenCount = tokens;
  return request;
}

test("names the one with the least to lose, of equal ones the youngest", () => {
  const running = [computed(0, 5), computed(1, 3), computed(2, 9), computed(3, 3)];
  expect(fewestComputed().victim(running)).toBe(running[3]);
  expect(fewestComputed().victim(running.toReversed())).toBe(running[3]);
  expect(fewestComputed().victim([running[0], running[2]])).toBe(running[0]);
});

test("in the scheduler, a young request with a long context goes on, an older one with a short context waits", () => {
  const run = new PolicyRun({ blockCount: 12, blockSize: 16, preemption: fewestComputed() });
  const short = run.submit({ promptTokenIds: [1], maxTokens: 90 });
  const long = run.submit({ promptTokenIds: new Int32Array(100), maxTokens: 60 });
  run.finish();
  expect([short.preemptionCount > 0, long.preemptionCount]).toEqual([true, 0]);
  expect(run.scheduler.stats().finished).toBe(2);
});
