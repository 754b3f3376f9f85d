import { expect, test } from "vitest";
import { QUEUES } from "../../../src/policies/names.ts";
import { starvationCases } from "../../../src/testing/policy-cases/starvation.ts";
import { complaintOf } from "../../support/policy-cases.ts";

test.each(["fcfs", "hrrn", "vtc", "mlfq"] as const)("%s lets no request starve", (name) => {
  expect(complaintOf(starvationCases({ queue: QUEUES[name] }))).toBeNull();
});

test.each(["priority", "sjf", "lpm", "edf"] as const)("%s lets requests starve, which is found", (name) => {
  expect(complaintOf(starvationCases({ queue: QUEUES[name] }))).toMatch(
    /^a request waited for 2000 steps, and \d+ others came$/,
  );
});
