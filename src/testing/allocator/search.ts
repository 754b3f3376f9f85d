import { programs, type ProgramOptions } from "../arbitraries/programs.ts";
import type { FastCheck } from "../fast-check.ts";
import type { Breach } from "./breach.ts";
import { minimize } from "./minimize.ts";
import type { Program } from "./program.ts";

export interface SearchOptions extends ProgramOptions {
  /** Most programs. */
  readonly runs: number;
  readonly seed: number;
  /** Makes the program that breaks a law as small as possible. Default true. */
  readonly shrink?: boolean;
}

/** A law, broken by a program. */
export interface FoundBreach {
  readonly breach: Breach;
  readonly program: Program;
  /** Programs run until then, this one included. */
  readonly runs: number;
  /** How often the program was made smaller. */
  readonly shrinks: number;
}

/** Runs random programs until one has a breach; null where none has. */
export function searchBreach(
  fc: FastCheck,
  breachOf: (program: Program) => Breach | null,
  options: SearchOptions,
): FoundBreach | null {
  const { runs, seed, shrink = true } = options;
  const result = fc.check(
    fc.property(programs(fc, options), (program) => breachOf(program) === null),
    { numRuns: runs, seed, endOnFailure: !shrink },
  );
  const found = result.counterexample?.[0];
  if (found === undefined) return null;
  const program = shrink ? minimize(found, (smaller) => breachOf(smaller) !== null) : found;
  return { breach: breachOf(program) ?? CAME_AND_WENT, program, runs: result.numRuns, shrinks: result.numShrinks };
}

const CAME_AND_WENT: Breach = {
  law: "the same program does the same",
  detail: "the program broke a law once and not again: the allocator does not always do the same",
  commandsBefore: 0,
  command: null,
};
