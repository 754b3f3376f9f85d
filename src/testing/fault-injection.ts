import { FaultRun, type FaultReport } from "./fault-run.ts";
import type { PolicyMakers } from "./policy-cases/policy-case.ts";
import { settingOf } from "./policy-cases/scheduler-runs.ts";
import { SchedulerDrive } from "./scheduler-drive.ts";
import { drawProgram } from "./scheduler-program.ts";
import { randomSeed } from "./random-seed.ts";

export type { FaultReport };

export interface FaultInjectionOptions {
  /** The first seed. Default: a random one; the summary and each error name it. */
  readonly seed?: number;
  /** Seeds to run, one after the other. Default 100. */
  readonly seeds?: number;
  /** Policies to try in the place of the defaults. */
  readonly policies?: PolicyMakers;
  /** Told after each seed how many are done. */
  readonly onSeed?: (done: number) => void;
}

/** What happened over all seeds. */
export interface FaultSummary {
  readonly seed: number;
  readonly seeds: number;
  /** Choices by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
}

const DEFAULT_SEEDS = 100;

/**
 * Runs the production engine and scheduler on a device that fails on command, one seed after the other. Each seed is
 * two runs: the engine with readers, cancels, pauses and lost devices, and the scheduler alone with branches and plans
 * ahead. Laws: each request ends exactly once, with exactly the tokens that its context gives; nothing is read that
 * another salt, adapter or beginning wrote; an aborted request gets no further token; all blocks come back. When half
 * of the turns are over nothing fails any more, and everything has to end.
 *
 * Throws the first broken law, with its seed. The same seed and policies give the same run.
 */
export async function faultInjection(options: FaultInjectionOptions = {}): Promise<FaultSummary> {
  const { seed: first = randomSeed(), seeds = DEFAULT_SEEDS, policies, onSeed } = options;
  const ends: Record<string, number> = {};
  const faults: Record<string, number> = {};
  for (let done = 0; done < seeds; done++) {
    const report = await injectFaults(first + done, policies);
    addCounts(ends, report.ends);
    addCounts(faults, report.faults);
    onSeed?.(done + 1);
  }
  return { seed: first, seeds, ends, faults };
}

/** One seed of `faultInjection`. */
export async function injectFaults(seed: number, policies: PolicyMakers = {}): Promise<FaultReport> {
  try {
    const report = await new FaultRun(seed, policies).run();
    const { program, options } = settingOf(policies, drawProgram(seed));
    new SchedulerDrive(program, options).run();
    return report;
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}; replay: npm run faults -- --seed ${seed}`, {
      cause: error,
    });
  }
}

function addCounts(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}
