import type { Scheduler } from "../scheduler/scheduler.ts";
import type { StepPlan, StepResult } from "../step.ts";
import type { Device } from "./device.ts";
import type { StepEvent } from "./options.ts";
import type { StepLoad, SwapCost } from "./swap-cost.ts";

/** A plan on the device, or behind another one. Seconds on the engine's clock. */
export interface StepInFlight {
  readonly plan: StepPlan;
  readonly result: Promise<StepResult>;
  readonly issuedAt: number;
  readonly planSeconds: number;
  /** Where it is of use. */
  readonly load: StepLoad | null;
}

/** Plans a step and hands it to the device; null where there is nothing to plan. */
export function issueStep(parts: { scheduler: Scheduler; device: Device; swapCost: SwapCost; clock: () => number }): StepInFlight | null {
  const { scheduler, device, swapCost, clock } = parts;
  const startedAt = clock();
  const plan = scheduler.schedule(startedAt);
  if (plan === null) return null;
  const load = swapCost.loadOf(plan);
  const issuedAt = clock();
  const result = device.execute(plan);
  // A plan behind a failing one is rejected too, and then nothing awaits its result.
  result.catch(() => {});
  return { plan, result, issuedAt, planSeconds: issuedAt - startedAt, load };
}

/** What is told of a step that was committed; its plan is valid until the next one is made. */
export function eventOf({ plan, planSeconds }: StepInFlight, times: { startedAt: number; doneAt: number; deliveredAt: number; tokenBudget: number }): StepEvent {
  const { index, tokenCount, requestCount, sampleCount } = plan;
  const { startedAt, doneAt, deliveredAt, tokenBudget } = times;
  return { index, tokenCount, requestCount, sampleCount, tokenBudget, startedAt, seconds: doneAt - startedAt, hostSeconds: planSeconds + deliveredAt - doneAt };
}
