import { expect, test } from "vitest";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { FaultRun } from "../../src/testing/fault-run.ts";

test("a seed decides the whole run, and another policy makes another", async () => {
  const report = await new FaultRun(7).run();
  expect(await new FaultRun(7).run()).toEqual(report);
  expect(Object.values(report.ends).reduce((a, b) => a + b)).toBeGreaterThan(0);
  expect((await new FaultRun(7, { budget: () => fixed(1) }).run()).decisionHash).not.toBe(report.decisionHash);
});
