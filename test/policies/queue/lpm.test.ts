import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.ts";
import { lpm } from "../../../src/policies/queue/lpm.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { PolicyRun, promptOf } from "../../support/policy-run.ts";
import { admitNext, drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

const warm = { family: 1, shared: 64 };

/** Steps that a cold request waits while two warm ones come with each, `limit` for more. */
function coldWait(queue: QueuePolicy, limit: number): number {
  const run = new PolicyRun({ blockCount: 40, maxRequests: 1, queue });
  run.submit({ promptTokenIds: promptOf(80, 0, warm), maxTokens: 1 });
  run.step();
  const cold = run.submit({ id: "cold", promptTokenIds: promptOf(80, 999_999), maxTokens: 1 });
  for (let i = 1; i <= limit; i++) {
    for (let wave = 0; wave < 2 && run.scheduler.stats().waiting < 100; wave++) {
      run.submit({ promptTokenIds: promptOf(80, 2 * i + wave, warm), maxTokens: 1 });
    }
    run.step();
    if (cold.state !== "waiting") return i;
  }
  return limit + 1;
}

describe("lpm", () => {
  test("who finds the most in the cache comes first", () => {
    const queue = lpm();
    queue.attach!({ cachedTokens: (request) => [0, 5, 3][request.order] });
    for (let order = 0; order < 3; order++) queue.add(requestOf(order), 0);
    expect(drain(queue)).toEqual([1, 2, 0]);
  });

  test("beyond 128 waiting it takes them as they came", () => {
    const queue = lpm();
    queue.attach!({ cachedTokens: (request) => request.order });
    for (let order = 0; order < 129; order++) queue.add(requestOf(order), 0);
    expect(admitNext(queue).order).toBe(0);
    expect(admitNext(queue).order).toBe(128);
  });

  test("in the scheduler, siblings wait for the one that computes what they share, and find it", () => {
    const run = new PolicyRun({ blockCount: 100, tokenBudget: 100, queue: lpm() });
    for (let own = 0; own < 4; own++) {
      run.submit({ promptTokenIds: promptOf(80, own, own === 2 ? {} : warm), maxTokens: 1 });
    }
    run.finish();
    expect(run.admitted).toEqual([0, 2, 1, 3]);
    expect(run.scheduler.stats().cachedTokens).toBe(2 * 64);
  });

  test("without ageing a cold request starves while warm ones keep coming", () => {
    expect(coldWait(lpm(), 500)).toBe(501);
  });

  test("with ageing a, who comes (longest match / a) admissions later does not pass it", () => {
    // Two come for each one that is admitted, so as many pass as came in the first 64 / 4 admissions.
    expect(coldWait(lpm({ ageing: 4 }), 500)).toBeLessThanOrEqual(2 * (64 / 4) + 2);
    expect(coldWait(lpm({ ageing: 1 }), 500)).toBeLessThanOrEqual(2 * 64 + 2);
  });

  test.each([
    [{ maxSorted: 0 }, "maxSorted must be an integer >= 1, got 0"],
    [{ ageing: -1 }, "ageing must be a finite number >= 0, got -1"],
    [{ ageing: Number.POSITIVE_INFINITY }, "ageing must be a finite number >= 0, got Infinity"],
  ])("refuses %j", (options, message) => expect(() => lpm(options)).toThrow(new InvalidOptionError(message)));
});
