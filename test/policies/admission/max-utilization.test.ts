import { expect, test } from "vitest";
import { maxUtilization } from "../../../src/policies/admission/max-utilization.ts";
import { noEvict } from "../../../src/policies/admission/no-evict.ts";
import type { Request } from "../../../src/request.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

function computed(tokens: number): Request {
  const request = requestOf(0);
  request.computedTokenCount = tokens;
  return request;
}

test("one block for the newcomer, however long, and one for each that is about to take one", () => {
  const policy = maxUtilization();
  const request = requestOf(1, { promptTokenIds: new Int32Array(500) });
  expect(policy.missingBlocks(request, 32, admissionView({ availableBlocks: 1 }))).toBe(0);
  expect(policy.missingBlocks(request, 32, admissionView({ availableBlocks: 0 }))).toBe(1);
  const running = [computed(16), computed(17), computed(31), computed(32)];
  expect(policy.missingBlocks(request, 32, admissionView({ availableBlocks: 1, running }))).toBe(2);
  expect(policy.missingBlocks(request, 0, admissionView({ availableBlocks: 4, groupCount: 2, running }))).toBe(0);
});

test("in the scheduler, it holds more requests than a policy that reserves, preempts some, and everybody ends", () => {
  const runWith = (admission = maxUtilization()) => {
    const run = new PolicyRun({ blockCount: 20, admission });
    for (let i = 0; i < 30; i++) run.submit({ promptTokenIds: [i], maxTokens: 40 });
    run.step();
    const { running } = run.scheduler.stats();
    run.finish();
    return { held: running, ...run.scheduler.stats() };
  };
  const [full, reserved] = [runWith(), runWith(noEvict())];
  expect(full.finished).toBe(30);
  expect(full.held).toBeGreaterThan(reserved.held);
  expect(full.preemptions).toBeGreaterThan(0);
  expect([reserved.finished, reserved.preemptions]).toEqual([30, 0]);
  expect(full.steps).toBeLessThan(reserved.steps);
});
