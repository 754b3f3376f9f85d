import type { StepPlan, StepResult } from "../step.ts";
import type { StepEvent } from "./options.ts";
import type { StepLoad } from "./swap-cost.ts";

/** A plan on the device, or behind another one. Seconds on the engine's clock. */
export interface StepInFlight {
  readonly plan: StepPlan;
  readonly result: Promise<StepResult>;
  readonly issuedAt: number;
  readonly planSeconds: number;
  /** Where it is of use. */
  readonly load: StepLoad | null;
}

/** What is told of a step that was committed; its plan is valid until the next one is made. */
export function eventOf({ plan, planSeconds }: StepInFlight, times: { startedAt: number; doneAt: number; deliveredAt: number; tokenBudget: number }): StepEvent {
  const { index, tokenCount, requestCount, sampleCount } = plan;
  const { startedAt, doneAt, deliveredAt, tokenBudget } = times;
  return { index, tokenCount, requestCount, sampleCount, tokenBudget, startedAt, seconds: doneAt - startedAt, hostSeconds: planSeconds + deliveredAt - doneAt };
}
