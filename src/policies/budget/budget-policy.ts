import type { StepTimeFit } from "./step-time-fit.ts";

/** How many tokens a step may carry. */
export interface BudgetPolicy {
  readonly name: string;
  /** Tokens of the next step, 1..maxTokens. */
  tokens(): number;
  /** Most that `tokens` ever returns: columns are made for it. */
  readonly maxTokens: number;
  /**
   * A step was done: its tokens, and how long it took in the caller's units of `now`, from its plan or the end of the
   * step before, whichever was later.
   */
  observe?(tokens: number, elapsed: number): void;
  /**
   * Steps of these sizes, `stepsPerSize` of each, are worth timing before the first request: an engine does, and tells
   * `observe`.
   */
  readonly sizes?: readonly number[];
  readonly stepsPerSize?: number;
  /** What it knows of the device by now, for people. */
  readonly fit?: StepTimeFit | undefined;
}
