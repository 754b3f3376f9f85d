import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import { namedPolicies } from "../../src/sim/named-policies.ts";

const SETUP = { gpu: gpuNamed("a10"), shape: modelNamed("llama-7b"), tokenBudget: 300, cacheTokens: 10_000 };

test("without names the production defaults", () => {
  const { queue, admission, preemption, chunking, eviction, budget } = namedPolicies({}, SETUP);
  expect([queue, admission, preemption, chunking, eviction, budget].map((policy) => policy!.name)).toEqual([
    "fcfs",
    "watermark",
    "last-in",
    "fcfs",
    "lru",
    "fixed",
  ]);
  expect(budget!.maxTokens).toBe(300);
});

test("each run has objects of its own", () => {
  expect(namedPolicies({}, SETUP).queue).not.toBe(namedPolicies({}, SETUP).queue);
});

test("the slo chunk rule has its prediction, with or without a budget that measures", () => {
  for (const budget of ["fixed", "measured"]) {
    expect(namedPolicies({ chunking: "slo", budget }, { ...SETUP, targetSeconds: 0.1 }).chunking!.name).toBe("slo");
  }
});

test.each(["queue", "admission", "preemption", "chunking", "budget", "eviction"])(
  "an unknown %s lists the known ones",
  (kind) => {
    expect(() => namedPolicies({ [kind]: "storm" }, SETUP)).toThrow(InvalidOptionError);
    expect(() => namedPolicies({ [kind]: "storm" }, SETUP)).toThrow(
      new RegExp(`^unknown ${kind} "storm"; known: \\S+, `),
    );
  },
);
