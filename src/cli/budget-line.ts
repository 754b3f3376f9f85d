import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";

/** What a measured budget found, in one line for people; `fit` in seconds. */
export function budgetLine({ floor, slope, bStar, low, high, sampleCount }: StepTimeFit, tokenBudget: number): string {
  const interval = `95% interval ${tokens(low)} to ${Number.isFinite(high) ? tokens(high) : "beyond what was timed"}`;
  const knee = Number.isFinite(bStar) ? `${tokens(bStar)} tokens` : "beyond what was timed";
  return (
    `bstar: B* of this device is ${knee} (${interval}, ${sampleCount} steps): ` +
    `a step takes ${milliseconds(floor)} ms, a token of a large one ${milliseconds(slope)} ms; ` +
    `the budget is ${tokenBudget}\n`
  );
}

function tokens(count: number): string {
  return String(Math.round(count));
}

function milliseconds(seconds: number): string {
  return String(Number((1000 * seconds).toPrecision(3)));
}
