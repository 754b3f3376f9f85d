import { expect, test } from "vitest";
import { Columns } from "../../src/scheduler/columns.ts";
import { Plan, StepRecord } from "../../src/scheduler/step-record.ts";

const columns = new Columns({ maxTokens: 8, maxRequests: 2, blockCount: 4, hostBlockCount: 1, blockSize: 2, groupCount: 2 });

test("plans share the columns, and have counts of their own", () => {
  const [a, b] = [new Plan(columns), new Plan(columns)];
  a.tokenCount = 3;
  expect(b.tokenCount).toBe(0);
  for (const [name, column] of Object.entries(columns)) expect([name, a[name as keyof Plan] === column, b[name as keyof Plan] === column]).toEqual([name, true, true]);
  expect(Object.keys(columns).every((name) => name in a)).toBe(true);
});

test("a record has a place for each request, and a journal of its own", () => {
  const [a, b] = [new StepRecord(columns, 2), new StepRecord(columns, 2)];
  expect([a.requests.length, a.samples.length, a.tokens.length, a.stays.length, a.sampleCounts.length]).toEqual([2, 8, 2, 2, 2]);
  expect([a.journal === b.journal, a.plan === b.plan]).toEqual([false, false]);
});
