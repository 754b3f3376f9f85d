import { expect, test } from "vitest";
import { fcfs } from "../../../src/policies/queue/fcfs.ts";
import { mlfq } from "../../../src/policies/queue/mlfq.ts";
import type { QueuePolicy } from "../../../src/policies/queue/queue-policy.ts";
import { queueCases } from "../../../src/testing/policy-cases/queue.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

/** A queue like fcfs, but for what is given. */
function likeFcfs(change: (inner: QueuePolicy) => Partial<QueuePolicy>): () => QueuePolicy {
  return () => {
    const inner = fcfs();
    const members: QueuePolicy = { name: "broken", size: 0, add: inner.add, remove: inner.remove, next: inner.next };
    return Object.defineProperties(members, {
      size: { get: () => inner.size },
      ...Object.getOwnPropertyDescriptors(change(inner)),
    });
  };
}

test("ours pass", () =>
  expect([complaintOf(queueCases(fcfs)), complaintOf(queueCases(() => mlfq()))]).toEqual([null, null]));

test("what breaks a rule is found", () => {
  let seen = 0;
  expectComplaints<() => QueuePolicy>(queueCases, {
    "loses one": [
      likeFcfs((inner) => ({ add: (request, now) => request.order !== 3 && inner.add(request, now) })),
      /names nobody|says that \d+ wait/,
    ],
    "names one that left": [
      likeFcfs((inner) => ({ remove: (request, now) => request.order % 2 === 1 && inner.remove(request, now) })),
      /broken/,
    ],
    miscounts: [
      likeFcfs((inner) => ({
        get size() {
          return inner.size + 1;
        },
      })),
      /says that 1 wait, 0 do|says that \d+ wait/,
    ],
    "changes its mind": [
      likeFcfs((inner) => ({ next: (now) => (seen++ % 2 === 0 ? inner.next(now) : undefined) })),
      /names nobody|names two/,
    ],
    "needs to be attached": [
      likeFcfs((inner) => {
        let ready = false;
        return {
          attach: () => {
            ready = true;
          },
          add: (request, now) => {
            if (!ready) throw new Error("not attached");
            inner.add(request, now);
          },
        };
      }),
      /not attached/,
    ],
  });
});
