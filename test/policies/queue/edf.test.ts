import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { edf } from "../../../src/policies/queue/edf.ts";
import { fcfs } from "../../../src/policies/queue/fcfs.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { PolicyRun } from "../../support/policy-run.ts";
import { drain } from "../../support/queues.ts";
import { requestOf } from "../../support/request-views.ts";

describe("edf", () => {
  test("the earliest deadline comes first, none last, of equal ones the oldest", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }), { maxLength: 30 }),
        (deadlines) => {
          const queue = edf();
          const requests = deadlines.map((deadline, order) => requestOf(order, { deadline }));
          for (const request of requests.toReversed()) queue.add(request, 0);
          const expected = requests.toSorted((a, b) =>
            a.deadline === b.deadline ? a.order - b.order : a.deadline - b.deadline,
          );
          expect(drain(queue)).toEqual(expected.map(({ order }) => order));
        },
      ),
    );
  });

  test("meets deadlines that arrival order misses", () => {
    const missed = (queue: QueuePolicy): number => {
      const run = new PolicyRun({ blockCount: 20, maxRequests: 1, queue });
      for (const deadline of [40, 30, 20, 10]) {
        run.submit({ promptTokenIds: [1], maxTokens: 8, deadline: deadline + 1 });
      }
      run.finish();
      return run.scheduler.stats().failed;
    };
    expect([missed(edf()), missed(fcfs())]).toEqual([0, 2]);
  });
});
