import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import type { AdmissionPolicy } from "../../../src/policies/admission/admission-policy.ts";
import { estimated } from "../../../src/policies/admission/estimated.ts";
import type { Request } from "../../../src/request.ts";
import { produce } from "../../../src/testing/policy-cases/policy-case.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { admissionView } from "../../support/policy-views.ts";
import { requestOf } from "../../support/request-views.ts";

/** A running request of 16 prompt tokens that may produce `maxTokens`, and has produced some. */
function runningWith(maxTokens: number, produced: number): Request {
  const request = requestOf(0, { promptTokenIds: new Int32Array(16), maxTokens });
  produce(request, produced);
  request.computedTokenCount = request.tokenCount;
  return request;
}

/**
 * Blocks that are missing for a newcomer of a token, where nothing is available: all that is wanted, less its own 3.
 */
function charged(policy: AdmissionPolicy, running: readonly Request[]): number {
  return policy.missingBlocks(requestOf(1, { maxTokens: 31 }), 1, admissionView({ availableBlocks: 0, running })) - 3;
}

describe("estimated", () => {
  test("a newcomer is charged its prompt, all that it may produce, and one block", () => {
    expect(charged(estimated(), [])).toBe(0);
    const request = requestOf(1, { promptTokenIds: new Int32Array(40), maxTokens: 60 });
    expect(estimated().missingBlocks(request, 2, admissionView({ availableBlocks: 0 }))).toBe(2 + (7 - 3) + 1);
  });

  test("who runs is charged 0.7 of what he may produce at first, all of it while his prompt is under way", () => {
    expect(charged(estimated(), [runningWith(161, 1)])).toBe(7);
    expect(charged(estimated(), [runningWith(160, 0)])).toBe(10);
    expect(charged(estimated(1.25), [runningWith(161, 1)])).toBe(8);
    expect(charged(estimated(10), [runningWith(161, 1)])).toBe(10);
  });

  test("of one request no more than 4,096 tokens count", () => {
    const long = { tokenCount: 16, promptTokenCount: 16, computedTokenCount: 16, maxLength: 100_000 } as Request;
    expect(charged(estimated(), [long])).toBe(256);
  });

  test("prompts under way are charged what they still take", () => {
    expect(
      estimated().missingBlocks(
        requestOf(1, { maxTokens: 31 }),
        1,
        admissionView({ availableBlocks: 0, promisedBlocks: 5 }),
      ),
    ).toBe(8);
  });

  test("the share sinks with each step, to 0.098 after 600, and starts anew when nothing runs", () => {
    const policy = estimated();
    const running = [runningWith(801, 1)];
    const view = admissionView({ running });
    for (let step = 0; step < 300; step++) policy.step!(view, false);
    expect(charged(policy, running)).toBe(20);
    for (let step = 0; step < 1000; step++) policy.step!(view, false);
    expect(charged(policy, running)).toBe(4);
    policy.step!(admissionView(), false);
    expect(charged(policy, running)).toBe(35);
  });

  test("after a shortage it is what the running ones have shown, and 20 tokens each", () => {
    const policy = estimated();
    policy.step!(admissionView({ running: [runningWith(199, 60), runningWith(200, 100)] }), true);
    // (60 + 100 + 40) / (199 + 200 + 1)
    expect(charged(policy, [runningWith(801, 1)])).toBe(25);
    policy.step!(admissionView({ running: [runningWith(10, 9)] }), true);
    expect(charged(policy, [runningWith(801, 1)])).toBe(50);
  });

  test("in the scheduler, early stops let it hold more than reserving would, and everybody ends", () => {
    const run = new PolicyRun({ blockCount: 40, admission: estimated() });
    for (let i = 0; i < 60; i++) run.submit({ promptTokenIds: [i], maxTokens: 100, id: i });
    for (let i = 0; i < 2000 && run.scheduler.size > 0; i++) {
      for (const request of run.step()) {
        if (request.outputTokenCount === 20) run.scheduler.finish(request.id, "stop", run.now);
      }
    }
    expect(run.scheduler.stats()).toMatchObject({ finished: 60, waiting: 0, running: 0 });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a conservativeness of %s", (value) => {
    expect(() => estimated(value)).toThrow(
      new InvalidOptionError(`conservativeness must be a finite number above 0, got ${value}`),
    );
  });
});
