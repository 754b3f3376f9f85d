import { describe, expect, test } from "vitest";
import { InfeasibleRequestError } from "../../src/errors.ts";
import type { ChunkStep } from "../../src/prefill/chunk-policy.ts";
import { none } from "../../src/prefill/none.ts";
import type { RequestState, RequestView } from "../../src/request.ts";
import { PolicyRun } from "../support/policy-run.ts";

function chunk(state: RequestState, gap: number, remaining: number): number {
  const step: ChunkStep = {
    remaining,
    budget: 100,
    decodeCount: 100 - remaining,
    prefillsLeft: 1,
    gapLeft: gap,
    blockSize: 16,
  };
  return none().chunk({ state } as RequestView, gap, step);
}

describe("none", () => {
  test("a prompt goes whole or not at all", () => {
    expect([chunk("waiting", 60, 60), chunk("waiting", 60, 59), chunk("preempted", 60, 59)]).toEqual([60, 0, 0]);
  });

  test("one that began goes on in pieces, and so does one that outgrew the budget", () => {
    expect([chunk("running", 60, 59), chunk("preempted", 101, 40)]).toEqual([59, 40]);
  });

  test("in the scheduler, no prompt is computed in two steps, and one beyond the budget is refused", () => {
    const run = new PolicyRun({ blockCount: 100, tokenBudget: 64, chunking: none() });
    expect(() => run.submit({ promptTokenIds: new Int32Array(65), maxTokens: 1 })).toThrow(InfeasibleRequestError);
    const prompts = [40, 40, 20].map((length, own) =>
      run.submit({ promptTokenIds: new Int32Array(length).fill(own), maxTokens: 5 }),
    );
    while (run.scheduler.size > 0) {
      run.step();
      for (const { state, outputTokenCount } of prompts) expect(state === "waiting" || outputTokenCount > 0).toBe(true);
    }
    expect(run.admitted).toEqual([0, 1, 2]);
  });

  test("a preempted request that outgrew the budget ends all the same", () => {
    const run = new PolicyRun({ blockCount: 14, tokenBudget: 32, chunking: none() });
    for (let i = 0; i < 2; i++) run.submit({ promptTokenIds: new Int32Array(20).fill(i), maxTokens: 110 });
    run.finish();
    expect(run.scheduler.stats()).toMatchObject({ finished: 2 });
    expect(run.scheduler.stats().preemptions).toBeGreaterThan(0);
  });
});
