import { describe, expect, it, test } from "vitest";
import { ADMISSIONS, BUDGETS, EVICTIONS, PREEMPTIONS, QUEUES } from "../../src/policies/names.ts";
import { lastIn } from "../../src/policies/preemption/last-in.ts";
import { clairvoyant } from "../../src/policies/eviction/clairvoyant.ts";
import { CHUNKINGS } from "../../src/prefill/names.ts";
import { gpuNamed } from "../../src/roofline/index.ts";
import { type PolicyMakers, policyConformance } from "../../src/testing/index.ts";
import { recordingRunner } from "../support/recording-runner.ts";
import { soakCount } from "../support/soak.ts";

/** All ours, by kind and name. */
const OURS: Readonly<Record<string, PolicyMakers>> = {
  ...named("queue", QUEUES, (queue) => ({ queue })),
  ...named("admission", ADMISSIONS, (admission) => ({ admission })),
  ...named("preemption", PREEMPTIONS, (preemption) => ({ preemption })),
  ...named("eviction", EVICTIONS, (eviction) => ({ eviction })),
  ...named("chunking", CHUNKINGS, (make) => ({ chunking: () => make({ target: 12, stepTime: (tokens) => tokens }) })),
  ...named("budget", BUDGETS, (make) => ({ budget: (tokens) => make({ tokens, gpu: gpuNamed("a10"), target: 10 }) })),
  "eviction clairvoyant": { eviction: () => clairvoyant((block) => (block * 7) % 5) },
};

function named<T>(
  kind: string,
  makers: Readonly<Record<string, T>>,
  toMakers: (make: T) => PolicyMakers,
): Record<string, PolicyMakers> {
  return Object.fromEntries(Object.entries(makers).map(([name, make]) => [`${kind} ${name}`, toMakers(make)]));
}

describe.each(Object.entries(OURS))("%s", (_, makers) => {
  policyConformance(makers, { runner: { describe, it }, seeds: soakCount(3) });
});

describe("policyConformance", () => {
  test("gives named cases that no runner is needed for: those of the kinds given, and runs in the scheduler", async () => {
    const cases = policyConformance({ preemption: lastIn }, { seeds: 2 });
    expect(cases).toHaveLength(2);
    for (const each of cases) await expect(each.run()).resolves.toBeUndefined();
    const all = policyConformance({
      queue: QUEUES.fcfs,
      admission: ADMISSIONS.watermark,
      preemption: lastIn,
      chunking: () => CHUNKINGS.fcfs({}),
      budget: (tokens) => BUDGETS.fixed({ tokens }),
      eviction: EVICTIONS.lru,
    });
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test("registers every case with the runner given", () => {
    const { runner, registered } = recordingRunner();
    const cases = policyConformance({ preemption: lastIn }, { runner, seed: 5 });
    expect(registered).toEqual(["policy conformance (seed 5)", ...cases.map(({ name }) => name)]);
  });

  test("says with which seed a rule was broken", async () => {
    const [rule] = policyConformance({
      preemption: () => ({ name: "whoever is listed first", victim: ([first]) => first }),
    });
    await expect(rule.run()).rejects.toThrow(/^seed \d+: whoever is listed first names another/);
  });

  test("looks for requests that starve where a policy claims that none does", async () => {
    const claims = { noStarvation: true };
    const find = (queue: PolicyMakers["queue"]) =>
      policyConformance({ queue }, { claims, seeds: 20, seed: 0 }).find(({ name }) =>
        name.startsWith("no request starves"),
      )!;
    await expect(find(QUEUES.fcfs).run()).resolves.toBeUndefined();
    await expect(find(QUEUES.priority).run()).rejects.toThrow(/^seed \d+: a request waited/);
    expect(policyConformance({ queue: QUEUES.fcfs }).map(({ name }) => name)).not.toContain(find(QUEUES.fcfs).name);
  });

  test("draws its first seed where it is given none", () => {
    const suites = [recordingRunner(), recordingRunner()].map(({ runner, registered }) => {
      policyConformance({ preemption: lastIn }, { runner });
      return registered[0];
    });
    expect(suites[0]).not.toBe(suites[1]);
  });
});
