import type { Backend } from "../backends/backend.ts";
import { maxUtilization } from "../policies/admission/max-utilization.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";
import { Scheduler } from "../scheduler/scheduler.ts";

/**
 * Most seconds that a start spends on it: a small device's largest steps may take seconds each, and live steps teach
 * the rest.
 */
export const MAX_CALIBRATION_SECONDS = 5;

/**
 * Times steps of the sizes that the budget wants to know of, smallest first, and tells it. Steps are prompts that no
 * user sent, planned by a separate scheduler, in free blocks: only before any request runs. It ends early where a size
 * does not fit the pool, the seconds are over, or a step fails: the budget then goes on with what live steps take.
 * Nothing to do for a budget that wants to know of none.
 */
export async function calibrate(
  budget: BudgetPolicy,
  options: { backend: Backend; clock: () => number; mayGoOn: () => boolean },
): Promise<void> {
  const { backend, clock, mayGoOn } = options;
  const { sizes, stepsPerSize = 1 } = budget;
  if (sizes === undefined) return;
  const endsAt = clock() + MAX_CALIBRATION_SECONDS;
  try {
    const steps = new DummySteps(backend, Math.max(1, ...sizes));
    for (const size of sizes) {
      for (let step = 0; step < stepsPerSize; step++) {
        if (!mayGoOn() || clock() >= endsAt) return;
        const seconds = await steps.time(size, clock);
        if (seconds === null) return;
        budget.observe?.(size, seconds);
      }
    }
  } catch {
    // What is wrong with the device, the first request's step meets, too, and there it is dealt with.
  }
}

/** Calibrates an engine's budget, where it has one, and tells what it made of it. */
export async function calibrateBudget(
  { budget, onCalibrated }: { budget?: BudgetPolicy; onCalibrated?: (fit: StepTimeFit) => void },
  options: Parameters<typeof calibrate>[1],
): Promise<void> {
  if (budget === undefined) return;
  await calibrate(budget, options);
  if (budget.fit !== undefined) onCalibrated?.(budget.fit);
}

/** Steps of made-up prompts. */
class DummySteps {
  readonly #backend: Backend;
  readonly #scheduler: Scheduler;
  readonly #longest: number;
  #nextId = 0;

  constructor(backend: Backend, tokenBudget: number) {
    const { blockCount, blockSize, maxRequests, contextLength, groups } = backend.info;
    this.#backend = backend;
    this.#scheduler = new Scheduler({
      blockCount,
      blockSize,
      maxRequests,
      contextLength,
      groups,
      tokenBudget,
      admission: maxUtilization(),
    });
    // Each asks for one token more.
    this.#longest = Math.max(1, Math.min(contextLength, Math.floor(blockCount / groups.length) * blockSize) - 1);
  }

  /** Seconds of a step of `tokens` tokens; null if the pool cannot hold it. */
  async time(tokens: number, clock: () => number): Promise<number | null> {
    for (let left = tokens; left > 0; left -= this.#longest) this.#submit(Math.min(left, this.#longest));
    const plan = this.#scheduler.schedule(0);
    if (plan === null || plan.tokenCount < tokens) return null;
    const start = clock();
    const result = await this.#backend.execute(plan);
    const seconds = clock() - start;
    this.#scheduler.commit(plan, result, 0);
    return seconds;
  }

  #submit(tokens: number): void {
    this.#scheduler.submit(
      { id: this.#nextId++, promptTokenIds: new Int32Array(tokens), maxTokens: 1, skipPrefixCache: true },
      0,
    );
  }
}
