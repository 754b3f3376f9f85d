import { expect, test } from "vitest";
import type { StepPlan } from "../../../src/step.ts";
import { moveCases } from "../../../src/testing/backend-cases/moves.ts";
import { type Fault, faulty, onPlan, runCase } from "../../support/faulty-backend.ts";

/** The plan's moves of one kind, without its tokens. */
function movesOnly(plan: StepPlan, kind: "copyCount" | "swapInCount"): StepPlan {
  return {
    ...plan,
    tokenCount: 0,
    requestCount: 0,
    sampleCount: 0,
    copyCount: 0,
    swapOutCount: 0,
    swapInCount: 0,
    [kind]: plan[kind],
  };
}

const copiesLast: Fault = (right) => ({
  execute: async (plan) => {
    const done = right.execute({ ...plan, copyCount: 0 });
    await right.execute(movesOnly(plan, "copyCount"));
    return done;
  },
});

const swapsInFirst: Fault = (right) => ({
  execute: async (plan) => {
    await right.execute(movesOnly(plan, "swapInCount"));
    return right.execute({ ...plan, swapInCount: 0 });
  },
});

/** The copies read what was there before the swaps. */
const copiesBeforeSwapIns: Fault = (right) => ({
  execute: async (plan) => {
    await right.execute(movesOnly(plan, "copyCount"));
    return right.execute({ ...plan, copyCount: 0 });
  },
});

const FAULTS: readonly (readonly [name: string, what: string, fault: Fault])[] = [
  ["copies come before the step's own tokens", "no copies", onPlan((plan) => ({ ...plan, copyCount: 0 }))],
  ["copies come before the step's own tokens", "copies last", copiesLast],
  ["swapped blocks come back as they were", "no swapping out", onPlan((plan) => ({ ...plan, swapOutCount: 0 }))],
  ["swapped blocks come back as they were", "no swapping in", onPlan((plan) => ({ ...plan, swapInCount: 0 }))],
  ["swapping out comes before swapping in", "in before out", swapsInFirst],
  ["swapping in comes before copies", "copies before swapping in", copiesBeforeSwapIns],
];

test.each(FAULTS)("%s: a backend that breaks it is found out (%s)", async (name, _, fault) => {
  await expect(runCase(moveCases, name, faulty(fault))).rejects.toThrow(/logit/);
});

test("every case has a fault", () => {
  expect(new Set(FAULTS.map(([name]) => name))).toEqual(new Set(moveCases.map(({ name }) => name)));
});

test("a backend without a host tier passes", async () => {
  const withoutHost = faulty((right) => ({ info: { ...right.info, hostBlockCount: 0 } }));
  for (const { name } of moveCases) await runCase(moveCases, name, withoutHost);
});
