import { expect, test } from "vitest";
import type { PreemptionPolicy } from "../../../src/policies/preemption/preemption-policy.ts";
import { fewestComputed } from "../../../src/policies/preemption/fewest-computed.ts";
import { lastIn } from "../../../src/policies/preemption/last-in.ts";
import { preemptionCases } from "../../../src/testing/policy-cases/preemption.ts";
import { requestOf } from "../../support/request-views.ts";
import { complaintOf, expectComplaints } from "../../support/policy-cases.ts";

test("ours pass", () =>
  expect([complaintOf(preemptionCases(lastIn)), complaintOf(preemptionCases(fewestComputed))]).toEqual([null, null]));

test("what breaks a rule is found", () => {
  expectComplaints<() => PreemptionPolicy>(preemptionCases, {
    "by place in the list": [
      () => ({ name: "broken", victim: (running) => running[0] }),
      /names another where the running are listed backwards|names request/,
    ],
    "by how many there are": [
      () => ({
        name: "broken",
        victim: (running) => running.toSorted((a, b) => (running.length % 2 === 0 ? 1 : -1) * (a.order - b.order))[0],
      }),
      /and another of/,
    ],
    "somebody else": [() => ({ name: "broken", victim: () => requestOf(99) }), /names request 99, who does not run/],
    nobody: [() => ({ name: "broken", victim: () => undefined as never }), /names nobody, who does not run/],
  });
});
