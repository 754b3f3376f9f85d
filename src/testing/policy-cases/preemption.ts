import { assert } from "../../assert.ts";
import type { PreemptionPolicy } from "../../policies/preemption/preemption-policy.ts";
import type { RequestView } from "../../request.ts";
import { drawRunning, type PolicyCase } from "./policy-case.ts";

/** The rules of preemption policies. */
export function preemptionCases(make: () => PreemptionPolicy): PolicyCase[] {
  return [
    {
      name:
        "a preemption policy names the last of a total order: one of the running, " +
        "whoever else runs and however they are listed",
      run(random) {
        const policy = make();
        const running = drawRunning(random, random.integer(1, 12));
        const victim = victimOf(policy, running);
        const fewer = running.filter((request) => request === victim || random.chance(0.5));
        assert(
          victimOf(policy, fewer) === victim,
          () =>
            `${policy.name} names request ${victim.id} of ${running.length}, and another of ${fewer.length} of them`,
        );
        assert(
          victimOf(policy, running.toReversed()) === victim,
          () => `${policy.name} names another where the running are listed backwards`,
        );
      },
    },
  ];
}

function victimOf(policy: PreemptionPolicy, running: readonly RequestView[]): RequestView {
  const victim = policy.victim(running);
  assert(
    running.includes(victim),
    () => `${policy.name} names ${victim === undefined ? "nobody" : `request ${victim.id}`}, who does not run`,
  );
  return victim;
}
