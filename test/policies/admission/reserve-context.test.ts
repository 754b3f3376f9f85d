import { expect, test } from "vitest";
import { reserveContext } from "../../../src/policies/admission/reserve-context.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

test("reserves the whole context for whoever comes, however little he asks for", () => {
  const missing = (availableBlocks: number) =>
    reserveContext().missingBlocks(requestOf(0), 1, admissionView({ availableBlocks, contextLength: 320 }));
  expect([missing(21), missing(20)]).toEqual([0, 1]);
});

test("in the scheduler, as many run as contexts fit, and nobody is preempted", () => {
  const run = new PolicyRun({ blockCount: 50, contextLength: 160, admission: reserveContext() });
  for (let i = 0; i < 20; i++) run.submit({ promptTokenIds: [i], maxTokens: 20 });
  run.step();
  expect(run.scheduler.stats().running).toBe(4);
  run.finish();
  expect(run.scheduler.stats()).toMatchObject({ finished: 20, preemptions: 0 });
});
