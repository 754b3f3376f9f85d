import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reserving } from "../../../src/policies/admission/reserving.ts";
import type { Request } from "../../../src/request.ts";
import { SchedulerDrive } from "../../../src/testing/scheduler-drive.ts";
import { withoutTinySteps } from "../../../src/testing/policy-cases/scheduler-runs.ts";
import { drawProgram } from "../../../src/testing/scheduler-program.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

const wholeAnswers = () => reserving("reserving", ({ maxLength }) => maxLength);

/** Prompt of 32 tokens; `computed` of them in the cache. */
function requestWith(maxTokens: number, computed = 0): Request {
  const request = requestOf(0, { promptTokenIds: new Int32Array(32), maxTokens });
  request.computedTokenCount = computed;
  return request;
}

describe("reserving", () => {
  test("a newcomer needs what it takes now, what it grows to, and a spare block", () => {
    // 2 blocks of prompt, 1 of which others hold; 64 tokens in the end are 4.
    const missing = (availableBlocks: number) =>
      wholeAnswers().missingBlocks(requestWith(32), 1, admissionView({ availableBlocks }));
    expect([missing(4), missing(3), missing(0)]).toEqual([0, 1, 4]);
  });

  test("who runs keeps what is missing to his end, and a spare block", () => {
    const running = [requestWith(32, 32), requestWith(100, 20)];
    const missing = (availableBlocks: number) =>
      wholeAnswers().missingBlocks(requestWith(1), 3, admissionView({ availableBlocks, running }));
    // 4 blocks and 2 held; 132 tokens are 9 and 2 held; the newcomer's 3; three spare ones.
    expect([missing(15), missing(14)]).toEqual([0, 1]);
  });

  test("one that holds more than it is taken to need keeps nothing more", () => {
    const running = [requestWith(1, 32)];
    const view = admissionView({ availableBlocks: 5, running, heldBlocks: () => 50 });
    expect(wholeAnswers().missingBlocks(requestWith(1), 3, view)).toBe(0);
  });

  test("with windows, prompts under way may hold what steps in flight have passed, but never more than all tokens", () => {
    const view = { blocksFor: (tokens: number) => Math.min(3, Math.ceil(tokens / 16)), inFlightBlocks: 4 };
    const missing = (running: Request[], availableBlocks: number) =>
      wholeAnswers().missingBlocks(requestWith(1), 1, admissionView({ ...view, availableBlocks, running }));
    // The newcomer: the 3 of all his 33 tokens, for what others hold of them slides out of his window; two spare ones.
    expect(missing([], 0)).toBe(3 + 2);
    // 200 tokens in the end: 3 + 4 blocks less 1 held, or 3 less 2 once the prompt is computed.
    expect(missing([requestWith(168, 10)], 0)).toBe(3 + 6 + 4);
    expect(missing([requestWith(168, 32)], 0)).toBe(3 + 1 + 4);
  });

  test("nobody is preempted where siblings that share blocks slide apart behind a window", () => {
    // Three choices of a request begin on the same 17 blocks, and go on with 19 each; the pool has 40.
    const { stats } = new SchedulerDrive(drawProgram(1_003_105_173), { admission: wholeAnswers() }).run();
    expect(stats.preemptions).toBe(0);
  });

  test("nobody is ever preempted, by the random programs of the scheduler", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const program = withoutTinySteps(drawProgram(seed));
        const { stats } = new SchedulerDrive(program, { admission: wholeAnswers() }).run();
        expect(stats.preemptions).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
