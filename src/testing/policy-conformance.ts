import type { ConformanceCase } from "./backend-cases/backend-case.ts";
import type { TestRunner } from "./backend-conformance.ts";
import { admissionCases } from "./policy-cases/admission.ts";
import { budgetCases } from "./policy-cases/budget.ts";
import { chunkCases } from "./policy-cases/chunk.ts";
import { evictionCases } from "./policy-cases/eviction.ts";
import type { PolicyCase, PolicyMakers } from "./policy-cases/policy-case.ts";
import { preemptionCases } from "./policy-cases/preemption.ts";
import { queueCases } from "./policy-cases/queue.ts";
import { schedulerCases } from "./policy-cases/scheduler-runs.ts";
import { starvationCases } from "./policy-cases/starvation.ts";
import { randomSeed } from "./random-seed.ts";
import { SeededRandom } from "./seeded-random.ts";

export type { PolicyMakers };

export interface PolicyConformanceOptions {
  /** Registers every case under one `describe`. Default: none, the caller runs the cases. */
  readonly runner?: TestRunner;
  /** Random programs of each case. Default 50: half a second in all. */
  readonly seeds?: number;
  /** The first seed. Default: a random one, which the suite's name and every failure show. */
  readonly seed?: number;
  /** What the policies promise beyond the rules of their kinds. Default: nothing. */
  readonly claims?: PolicyClaims;
}

export interface PolicyClaims {
  /** While others keep coming, of whatever length, urgency, deadline, client or beginning, each request is admitted. */
  readonly noStarvation?: boolean;
}

const DEFAULT_SEEDS = 50;

/**
 * The rules that every policy keeps, as named cases that need no test framework: those of each kind for which there is
 * a maker, and all of them together in the production scheduler, against a device whose tokens show any wrong block.
 * What a case throws names the seed.
 *
 * A further promise is tested if the policy claims it; the policy's own test checks the order of requests.
 */
export function policyConformance(makers: PolicyMakers, options: PolicyConformanceOptions = {}): ConformanceCase[] {
  const { runner, seeds = DEFAULT_SEEDS, seed = randomSeed(), claims = {} } = options;
  const { queue, admission, preemption, chunking, budget, eviction } = makers;
  const policyCases = [
    ...(queue === undefined ? [] : queueCases(queue)),
    ...(admission === undefined ? [] : admissionCases(admission)),
    ...(preemption === undefined ? [] : preemptionCases(preemption)),
    ...(chunking === undefined ? [] : chunkCases(chunking)),
    ...(budget === undefined ? [] : budgetCases(budget)),
    ...(eviction === undefined ? [] : evictionCases(eviction)),
    ...schedulerCases(makers),
    ...(claims.noStarvation === true ? starvationCases(makers) : []),
  ];
  const cases = policyCases.map((each) => ({ name: each.name, run: async () => runSeeds(each, seed, seeds) }));
  runner?.describe(`policy conformance (seed ${seed})`, () => {
    for (const each of cases) runner.it(each.name, () => each.run());
  });
  return cases;
}

function runSeeds(each: PolicyCase, first: number, seeds: number): void {
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      each.run(new SeededRandom(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
