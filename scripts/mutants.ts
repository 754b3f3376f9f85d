/**
 * Planted bugs say how much the kit is worth: npm run mutants [-- --faults | --backends] [--only TEXT]. Prints what it
 * takes to find each, as Markdown tables: programs and seconds of CPU for bugs of allocators, seeds and seconds for
 * those of the scheduler (`--faults`), the case for those of backends (`--backends`). Ends with exit code 1 where a bug
 * is not found within the limits.
 */
import { availableParallelism, cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { backendConformance, findBrokenLaw } from "../src/testing/index.ts";
import { BACKEND_MUTANTS, type BackendMutant } from "../test/support/backend-mutants/index.ts";
import { MUTANTS } from "../test/support/mutants/index.ts";
import type { Mutant } from "../test/support/mutants/mutant.ts";
import { PLANTED_FAULTS, type PlantedFault } from "../test/support/planted/faults.ts";
import { withPlanted } from "../test/support/planted/plant.ts";
import { isSoak, soakCount } from "../test/support/soak.ts";
import { ToyBackend } from "../test/support/toy-backend.ts";

const SEEDS = Array.from({ length: soakCount(10) }, (_, index) => index + 1);
/** Within these the median of the seeds has to find a bug of an allocator. */
const LIMIT = { programs: 5000, seconds: 10 };
/** Within these, from seed 0, a bug of the scheduler has to be found. */
const FAULT_SEEDS = 2000;
/** Characters of what a failing seed says. */
const MAX_MESSAGE = 90;

interface Hunt {
  readonly programs: number;
  readonly seconds: number;
  readonly law: string;
}

async function hunt(mutant: Mutant, seed: number): Promise<Hunt> {
  const start = process.cpuUsage();
  const found = await findBrokenLaw(mutant.make, { runs: LIMIT.programs, seed, shrink: false });
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
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

/** Hunts one bug of an allocator with every seed. Returns whether it was found within the limits. */
async function huntMutant(mutant: Mutant): Promise<boolean> {
  const hunts: Hunt[] = [];
  for (const seed of SEEDS) hunts.push(await hunt(mutant, seed));
  const programs = hunts.map((each) => each.programs);
  const seconds = median(hunts.map((each) => each.seconds));
  console.log(
    `| ${mutant.bug} | ${mutant.like ?? ""} | ${shown(median(programs))} | ${shown(Math.max(...programs))} | ${seconds.toFixed(2)} | ${usual(hunts.map((each) => each.law))} |`,
  );
  return median(programs) < LIMIT.programs && seconds <= LIMIT.seconds;
}

/** What a failing seed says, on one line, without the seed and how to see it again. */
function inShort(message: string): string {
  const text = message
    .replaceAll(/^(seed \d+(, turn \d+)?: )+|; replay.*| by: \{.*/gs, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)} …`;
}

/** Hunts one bug of the scheduler, seed after seed. Returns whether it was found within the limit. */
async function huntFault(fault: PlantedFault): Promise<boolean> {
  const start = performance.now();
  const found = await withPlanted(fault, async (inject) => {
    for (let seed = 0; seed < FAULT_SEEDS; seed++) {
      const message = await inject(seed).then(
        () => null,
        (error: Error) => error.message,
      );
      if (message !== null) return { seeds: seed + 1, message: inShort(message) };
    }
    return { seeds: FAULT_SEEDS + 1, message: "not found" };
  });
  console.log(
    `| ${fault.bug} | ${found.seeds} | ${((performance.now() - start) / 1000).toFixed(1)} | ${found.message} |`,
  );
  return found.seeds <= FAULT_SEEDS;
}

/** Runs the cases on a backend with a bug. Returns whether one breaks. */
async function huntBackend({ bug, Backend, groups, oracle }: BackendMutant): Promise<boolean> {
  const cases = backendConformance((sizes) => new Backend({ ...sizes, groups }), {
    oracle: oracle === true ? (sizes) => new ToyBackend({ ...sizes, groups }) : undefined,
  });
  for (const each of cases) {
    const held = await each.run().then(
      () => true,
      () => false,
    );
    if (held) continue;
    console.log(`| ${bug} | ${each.name} |`);
    return true;
  }
  console.log(`| ${bug} | not found |`);
  return false;
}

const { values } = parseArgs({
  options: {
    faults: { type: "boolean", default: false },
    backends: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const hunted = <T extends { readonly bug: string }>(all: readonly T[]): T[] =>
  all.filter(({ bug }) => bug.includes(values.only));
console.log(`Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0].model})\n`);
let missed = 0;
if (values.faults || isSoak) {
  console.log("| planted bug | seeds | seconds | found by |\n|---|---:|---:|---|");
  for (const fault of hunted(PLANTED_FAULTS)) if (!(await huntFault(fault))) missed++;
}
if (values.backends || isSoak) {
  console.log("| planted bug | found by |\n|---|---|");
  for (const mutant of hunted(BACKEND_MUTANTS)) if (!(await huntBackend(mutant))) missed++;
}
if (isSoak || !(values.faults || values.backends)) {
  console.log(
    "| planted bug | a real one | programs, median | most | CPU seconds, median | found by |\n|---|---|---:|---:|---:|---|",
  );
  for (const mutant of hunted(MUTANTS)) if (!(await huntMutant(mutant))) missed++;
}
if (missed > 0) {
  console.error(`${missed} planted bugs were not found within the limits`);
  process.exitCode = 1;
}
