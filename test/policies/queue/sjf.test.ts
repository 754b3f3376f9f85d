import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LengthPredictor } from "../../../src/policies/length-predictor.ts";
import { fcfs } from "../../../src/policies/queue/fcfs.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { sjf } from "../../../src/policies/queue/sjf.ts";
import { produce } from "../../../src/testing/policy-cases/policy-case.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

/** Knows: nobody stops before the end. */
const oracle: LengthPredictor = { predict: ({ maxLength, promptTokenCount }) => maxLength - promptTokenCount };

describe("sjf", () => {
  test("the fewest tokens to come are first, what was produced counts, of equal ones the oldest", () => {
    const queue = sjf(oracle);
    const requests = [50, 20, 20, 90].map((maxTokens, order) => requestOf(order, { maxTokens }));
    produce(requests[3], 75);
    for (const request of requests) queue.add(request, 0);
    expect(drain(queue)).toEqual([3, 1, 2, 0]);
  });

  test("keeps the order that was right when they came: a token that arrives while one waits changes nothing", () => {
    const queue = sjf(oracle);
    const [a, b] = [requestOf(0, { maxTokens: 5 }), requestOf(1, { maxTokens: 5 })];
    produce(b, 0);
    queue.add(a, 0);
    queue.add(b, 0);
    b.tokenCount++;
    expect(drain(queue)).toEqual([0, 1]);
  });

  test("learns from what ended, by itself", () => {
    const queue = sjf();
    for (let order = 0; order < 8; order++) {
      const ended = requestOf(order, { promptTokenIds: new Int32Array(order < 4 ? 4 : 100), maxTokens: 500 });
      produce(ended, order < 4 ? 300 : 3);
      ended.finishReason = "stop";
      for (let i = 0; i < 3; i++) queue.ended!(ended, 0);
    }
    queue.add(requestOf(10, { promptTokenIds: new Int32Array(5), maxTokens: 500 }), 0);
    queue.add(requestOf(11, { promptTokenIds: new Int32Array(90), maxTokens: 500 }), 0);
    expect(drain(queue)).toEqual([11, 10]);
  });

  test("with exact predictions no order of one at a time has a lower mean wait", () => {
    const meanEnd = (queue: QueuePolicy, lengths: readonly number[]): number => {
      const run = new PolicyRun({ blockCount: 20, maxRequests: 1, queue });
      let sum = 0;
      for (const maxTokens of lengths) run.submit({ promptTokenIds: [1], maxTokens });
      while (run.scheduler.size > 0) {
        for (const { finishReason } of run.step()) if (finishReason !== null) sum += run.now;
      }
      return sum / lengths.length;
    };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        const ends = lengths
          .toSorted((a, b) => a - b)
          .map((_, index, sorted) => sorted.slice(0, index + 1).reduce((sum, each) => sum + each, 0));
        const best = ends.reduce((sum, each) => sum + each, 0) / lengths.length;
        expect(meanEnd(sjf(oracle), lengths)).toBeCloseTo(best);
        expect(meanEnd(fcfs(), lengths)).toBeGreaterThanOrEqual(best - 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  test("a long job starves while short ones keep coming", () => {
    const run = new PolicyRun({ blockCount: 20, maxRequests: 1, queue: sjf(oracle) });
    run.submit({ id: "running", promptTokenIds: [1], maxTokens: 2 });
    const long = run.submit({ id: "long", promptTokenIds: [1], maxTokens: 50 });
    for (let i = 0; i < 100; i++) {
      run.submit({ promptTokenIds: [1], maxTokens: 1 });
      run.step();
    }
    expect(long.state).toBe("waiting");
  });
});
