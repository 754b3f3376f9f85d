import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import {
  admissionNamed,
  ADMISSIONS,
  budgetNamed,
  BUDGETS,
  evictionNamed,
  EVICTIONS,
  preemptionNamed,
  PREEMPTIONS,
  queueNamed,
  QUEUES,
} from "../../src/policies/names.ts";
import { gpuNamed } from "../../src/roofline/index.ts";

const KINDS = {
  queue: { known: QUEUES, make: queueNamed },
  admission: { known: ADMISSIONS, make: admissionNamed },
  preemption: { known: PREEMPTIONS, make: preemptionNamed },
  eviction: { known: EVICTIONS, make: evictionNamed },
  budget: { known: BUDGETS, make: (name: string) => budgetNamed(name, { tokens: 64, gpu: gpuNamed("a10") }) },
};

describe.each(Object.entries(KINDS))("%s", (kind, { known, make }) => {
  test.each(Object.keys(known))("%s makes the policy of that name, a new one each time", (name) => {
    expect(make(name).name).toBe(name);
    expect(make(name)).not.toBe(make(name));
  });

  test.each(["fifo", "toString", ""])("an unknown name, %j, lists the known ones", (name) => {
    expect(() => make(name)).toThrow(
      new InvalidOptionError(`unknown ${kind} "${name}"; known: ${Object.keys(known).join(", ")}`),
    );
  });
});

test("budgets never give more than the tokens that are allowed", () => {
  const setup = { tokens: 64, gpu: gpuNamed("a10"), weightBits: 4, target: 5 };
  expect(Object.keys(BUDGETS).map((name) => budgetNamed(name, setup).maxTokens)).toEqual([64, 52, 64]);
});

test("roofline says that it needs a GPU", () => {
  expect(() => budgetNamed("roofline", { tokens: 64 })).toThrow(
    new InvalidOptionError("budget roofline needs a GPU, by name or as figures"),
  );
});
