import { assert } from "../assert.ts";
import type { AllocatorSizes } from "./allocator/allocator.ts";
import { checkProgram } from "./allocator/conformance.ts";
import type { MakeBackend } from "./backend-cases/backend-case.ts";
import { BackendSubject, type BackendSubjectOptions } from "./backend-subject.ts";
import { FaultRun, type FaultReport } from "./fault-run.ts";
import { drawForkProgram } from "./fork-program.ts";
import { KvCacheAllocator } from "./kv-cache-allocator.ts";
import type { PolicyMakers } from "./policy-cases/policy-case.ts";
import { settingOf } from "./policy-cases/scheduler-runs.ts";
import { SchedulerDrive } from "./scheduler-drive.ts";
import { drawProgram } from "./scheduler-program.ts";
import { randomSeed } from "./random-seed.ts";
import { SeededRandom } from "./seeded-random.ts";

export type { FaultReport };

export interface FaultInjectionOptions {
  /** The first seed. Default: a random one; the summary and each error name it. */
  readonly seed?: number;
  /** Seeds to run, one after the other. Default 100. */
  readonly seeds?: number;
  /** Policies to try in the place of the defaults. */
  readonly policies?: PolicyMakers;
  /**
   * Makes backends of your own, of the sizes asked for and always of the same model, whose context is at least 64
   * tokens. Default: devices without arithmetic.
   */
  readonly backend?: MakeBackend;
  /** Tokens a block of those backends. Default 1, 4 and 16. */
  readonly blockSizes?: readonly number[];
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
const DEFAULT_BLOCK_SIZES = [1, 4, 16];
/** Seeds of what is drawn for backends, and of programs with forks: no seed of a run is so large. */
const BACKEND_SEEDS = 2 ** 41;
const FORK_SEEDS = 2 ** 42;

/**
 * Runs the production engine and scheduler on a device that fails on command, one seed after the other. Each seed is
 * three runs: the engine with readers, cancels, pauses and lost devices, the scheduler alone with branches and plans
 * ahead, and the KV cache alone with forks beside steps in flight. Laws: each request ends exactly once, with exactly
 * the tokens that its context gives; nothing is read that another salt, adapter or beginning wrote; an aborted request
 * gets no further token; all blocks come back. When half of the turns are over nothing fails any more, and everything
 * has to end.
 *
 * With `backend` the engine runs on backends of your own, and is the only run of a seed. What each request has to get
 * is found by running it alone on another of them; then steps fail, are late or are lost by the seed.
 *
 * Throws the first broken law, with its seed. The same seed and policies give the same run.
 */
export async function faultInjection(options: FaultInjectionOptions = {}): Promise<FaultSummary> {
  const { seed: first = randomSeed(), seeds = DEFAULT_SEEDS, policies, onSeed } = options;
  const { backend, blockSizes = DEFAULT_BLOCK_SIZES } = options;
  assert(blockSizes.length > 0, "blockSizes is empty");
  const ends: Record<string, number> = {};
  const faults: Record<string, number> = {};
  for (let done = 0; done < seeds; done++) {
    const seed = first + done;
    const report =
      backend === undefined
        ? await injectFaults(seed, policies)
        : await injectBackendFaults(seed, { make: backend, blockSizes }, policies);
    addCounts(ends, report.ends);
    addCounts(faults, report.faults);
    onSeed?.(done + 1);
  }
  return { seed: first, seeds, ends, faults };
}

/** One seed of `faultInjection` without a backend. */
export function injectFaults(seed: number, policies: PolicyMakers = {}): Promise<FaultReport> {
  return withSeedNamed(seed, async () => {
    const report = await new FaultRun(seed, policies).run();
    const { program, options } = settingOf(policies, drawProgram(seed));
    new SchedulerDrive(program, options).run();
    const makeCache = (sizes: AllocatorSizes): KvCacheAllocator =>
      new KvCacheAllocator(sizes, { eviction: policies.eviction?.() });
    checkProgram(makeCache, drawForkProgram(new SeededRandom(FORK_SEEDS + seed)));
    return report;
  });
}

/** One seed of `faultInjection` with backends of a caller's own. */
function injectBackendFaults(
  seed: number,
  backends: BackendSubjectOptions,
  policies: PolicyMakers = {},
): Promise<FaultReport> {
  return withSeedNamed(seed, async () => {
    const subject = await BackendSubject.make(new SeededRandom(BACKEND_SEEDS + seed), backends);
    return new FaultRun(seed, policies, subject).run();
  });
}

async function withSeedNamed<T>(seed: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const replay = `replay: faultInjection({ seed: ${seed}, seeds: 1 }) with the same options`;
    throw new Error(`seed ${seed}: ${(error as Error).message}; ${replay}`, { cause: error });
  }
}

function addCounts(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}
