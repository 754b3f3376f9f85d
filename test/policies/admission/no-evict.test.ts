import { expect, test } from "vitest";
import { noEvict } from "../../../src/policies/admission/no-evict.ts";
import { watermark } from "../../../src/policies/admission/watermark.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

test("goes by what a request may become, not by what it is", () => {
  const request = requestOf(0, { maxTokens: 159 });
  expect(noEvict().missingBlocks(request, 1, admissionView({ availableBlocks: 11 }))).toBe(0);
  expect(noEvict().missingBlocks(request, 1, admissionView({ availableBlocks: 10 }))).toBe(1);
});

test("never preempts where the default does, and holds fewer requests at a time", () => {
  const runWith = (admission = noEvict()) => {
    const run = new PolicyRun({ blockCount: 20, admission });
    let most = 0;
    for (let i = 0; i < 12; i++) run.submit({ promptTokenIds: [i], maxTokens: 60 });
    while (run.scheduler.size > 0) {
      run.step();
      most = Math.max(most, run.scheduler.stats().running);
    }
    return { preemptions: run.scheduler.stats().preemptions, most };
  };
  expect(runWith()).toEqual({ preemptions: 0, most: 4 });
  expect(runWith(watermark()).preemptions).toBeGreaterThan(0);
});
