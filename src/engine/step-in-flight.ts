import type { BackendInfo } from "../backends/backend.ts";
import { MAX_TOP_LOGPROBS } from "../config.ts";
import { InvalidResultError } from "../errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { checkResult } from "../scheduler/step-results.ts";
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
  /** Most top log probabilities that a sample of it wants; -1 where none wants any. */
  readonly logprobs: number;
  /** Where it is of use. */
  readonly load: StepLoad | null;
}

/** Plans a step and hands it to the device; null where there is nothing to plan. */
export function issueStep(parts: {
  scheduler: Scheduler;
  device: Device;
  swapCost: SwapCost;
  clock: () => number;
}): StepInFlight | null {
  const { scheduler, device, swapCost, clock } = parts;
  const startedAt = clock();
  const plan = scheduler.schedule(startedAt);
  if (plan === null) return null;
  const load = swapCost.loadOf(plan);
  const logprobs = plan.sampling.logprobs
    .subarray(0, plan.sampleCount)
    .reduce((most, wanted) => Math.max(most, wanted), -1);
  const issuedAt = clock();
  const result = device.execute(plan);
  // A plan behind a failing one is rejected too, and then nothing awaits its result.
  result.catch(() => {});
  return { plan, result, issuedAt, planSeconds: issuedAt - startedAt, logprobs, load };
}

/**
 * What the backend gives for the step. Rejects with `InvalidResultError` where a column is missing, too short, or holds
 * what is no token id.
 */
export async function resultOf(
  { plan, result, logprobs }: StepInFlight,
  { name, vocabSize }: BackendInfo,
): Promise<StepResult> {
  const given = await result;
  const source = `backend ${name}`;
  checkResult(plan, given, source, vocabSize);
  const { sampleCount } = plan;
  const needs: readonly (readonly [column: "logprobs" | "topIds" | "topLogprobs", length: number])[] = [
    ["logprobs", logprobs >= 0 ? sampleCount : 0],
    ["topIds", logprobs > 0 ? sampleCount * MAX_TOP_LOGPROBS : 0],
    ["topLogprobs", logprobs > 0 ? sampleCount * MAX_TOP_LOGPROBS : 0],
  ];
  for (const [column, length] of needs) {
    const there = given[column]?.length ?? 0;
    if (there < length) {
      throw new InvalidResultError(
        `${source} gave ${there} ${column} for the ${sampleCount} samples of plan ${plan.index}, ${length} are needed`,
      );
    }
  }
  return given;
}

/** What is told of a step that was committed; its plan is valid until the next one is made. */
export function eventOf(
  { plan, planSeconds }: StepInFlight,
  times: { startedAt: number; doneAt: number; deliveredAt: number; tokenBudget: number },
): StepEvent {
  const { index, tokenCount, requestCount, sampleCount } = plan;
  const { startedAt, doneAt, deliveredAt, tokenBudget } = times;
  return {
    index,
    tokenCount,
    requestCount,
    sampleCount,
    tokenBudget,
    startedAt,
    seconds: doneAt - startedAt,
    hostSeconds: planSeconds + deliveredAt - doneAt,
  };
}
