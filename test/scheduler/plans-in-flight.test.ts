import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import { Columns } from "../../src/scheduler/columns.ts";
import { PlansInFlight } from "../../src/scheduler/plans-in-flight.ts";

function make(issued = 0): PlansInFlight {
  const plans = new PlansInFlight(new Columns({ maxTokens: 8, maxRequests: 2, blockCount: 4, hostBlockCount: 0, blockSize: 2, groupCount: 1 }), 2);
  for (let i = 0; i < issued; i++) {
    plans.open();
    plans.issue();
  }
  return plans;
}

describe("PlansInFlight", () => {
  test("numbers plans from 0, and a plan that was opened and not issued not at all", () => {
    const plans = make();
    expect([plans.open().plan.index, plans.open().plan.index, plans.count, plans.newest]).toEqual([0, 0, 0, undefined]);
    const { plan } = plans.open();
    plans.issue();
    expect([plans.open().plan.index, plans.count, plans.newest?.plan]).toEqual([1, 1, plan]);
  });

  test("a third is a mistake of the caller", () => {
    expect(() => make(2).open()).toThrow(new AssertionError("2 plans are in flight: commit or roll back first"));
  });

  test("retires the oldest alone", () => {
    const plans = make(2);
    const newest = plans.newest!.plan;
    expect(() => plans.retire(newest)).toThrow(new AssertionError("commit of plan 1: the oldest in flight is 0"));
    const oldest = { ...newest, index: 0 };
    expect(plans.retire(oldest).plan.index).toBe(0);
    expect([plans.retire(newest).plan, plans.count]).toEqual([newest, 0]);
    expect(() => plans.retire(newest)).toThrow(new AssertionError("commit of plan 1: the oldest in flight is none"));
  });

  test("takes the newest back, whose number is used again", () => {
    const plans = make(2);
    expect([plans.countFrom(plans.newest!.plan), plans.retract().plan.index, plans.count, plans.open().plan.index]).toEqual([1, 1, 1, 1]);
  });

  test("counts what stands behind a plan in flight, and knows no other", () => {
    const plans = make(2);
    const at = (index: number) => ({ ...plans.newest!.plan, index });
    expect([plans.countFrom(at(0)), plans.countFrom(at(1))]).toEqual([2, 1]);
    for (const index of [-1, 2]) expect(() => plans.countFrom(at(index))).toThrow(new AssertionError(`rollback of plan ${index}: 2 plans are in flight, the next is 2`));
  });
});
