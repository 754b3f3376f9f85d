import { expect } from "vitest";
import type { PolicyCase } from "../../src/testing/policy-cases/policy-case.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

/** Runs all cases with some seeds. Returns the first complaint, null for none. */
export function complaintOf(cases: readonly PolicyCase[], seeds = 20): string | null {
  for (let seed = 0; seed < seeds; seed++) {
    for (const each of cases) {
      try {
        each.run(new SeededRandom(seed));
      } catch (error) {
        return (error as Error).message;
      }
    }
  }
  return null;
}

/** Each of these breaks a rule, in the way that it says. */
export function expectComplaints<T>(
  casesOf: (policy: T) => readonly PolicyCase[],
  broken: Readonly<Record<string, readonly [T, RegExp]>>,
): void {
  for (const [name, [policy, complaint]] of Object.entries(broken)) {
    expect(complaintOf(casesOf(policy)), name).toMatch(complaint);
  }
}
