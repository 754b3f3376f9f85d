/**
 * Prints how many programs the kit for allocators needs to find each planted bug, as the Markdown table of
 * docs/testing-kit.md: npm run mutants. Ends with exit code 1 where a bug is not found within the limits.
 */
import { availableParallelism, cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { findBrokenLaw } from "../src/testing/index.ts";
import { MUTANTS } from "../test/support/mutants/index.ts";
import type { Mutant } from "../test/support/mutants/mutant.ts";
import { soakCount } from "../test/support/soak.ts";

const SEEDS = Array.from({ length: soakCount(10) }, (_, index) => index + 1);
/** Programs and seconds within which the median of the seeds has to find a bug. */
const LIMIT = { programs: 1000, seconds: 10 };

interface Hunt {
  readonly programs: number;
  readonly seconds: number;
  readonly law: string;
}

async function hunt(mutant: Mutant, seed: number): Promise<Hunt> {
  const start = performance.now();
  const found = await findBrokenLaw(mutant.make, { runs: LIMIT.programs, seed, shrink: false });
  const seconds = (performance.now() - start) / 1000;
  return { programs: found?.runs ?? Number.POSITIVE_INFINITY, seconds, law: found?.breach.law ?? "not found" };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** A count of programs; a hunt that found nothing counts as infinitely many. */
function shown(programs: number): string {
  return programs > LIMIT.programs ? `over ${LIMIT.programs}` : String(programs);
}

/** The law that found it most often. */
function usual(laws: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const law of laws) counts.set(law, (counts.get(law) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0][0];
}

console.log(`Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0].model}), seeds ${SEEDS[0]} to ${SEEDS.length}\n`);
console.log("| planted bug | a real one | programs, median | most | seconds, median | found by |\n|---|---|---:|---:|---:|---|");
let missed = 0;
for (const mutant of MUTANTS) {
  const hunts: Hunt[] = [];
  for (const seed of SEEDS) hunts.push(await hunt(mutant, seed));
  const programs = hunts.map((each) => each.programs);
  const seconds = median(hunts.map((each) => each.seconds));
  if (!(median(programs) < LIMIT.programs) || seconds > LIMIT.seconds) missed++;
  console.log(`| ${mutant.bug} | ${mutant.like ?? ""} | ${shown(median(programs))} | ${shown(Math.max(...programs))} | ${seconds.toFixed(2)} | ${usual(hunts.map((each) => each.law))} |`);
}
if (missed > 0) {
  console.error(`${missed} planted bugs were not found within ${LIMIT.programs} programs and ${LIMIT.seconds} seconds`);
  process.exitCode = 1;
}
