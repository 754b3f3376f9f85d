import { checkOptions, integerOption, numberOption } from "../../option-checks.ts";
import type { BudgetPolicy } from "./budget-policy.ts";
import { StepSamples } from "./step-samples.ts";
import { fitStepTime, fittedTime, type StepTimeFit } from "./step-time-fit.ts";

export interface MeasuredOptions {
  /** Most that the backend takes. */
  readonly maxTokens: number;
  /** Longest step wanted, in the units of `now`: the time between two tokens of a request. Default: none. */
  readonly target?: number;
  /** Least once B* is found, such as the decodes that are to have a token in every step. Default 1. */
  readonly minTokens?: number;
}

/** A budget that knows what it measured. */
export interface MeasuredBudget extends BudgetPolicy {
  /** Undefined until steps of several sizes were timed. */
  readonly fit: StepTimeFit | undefined;
  /**
   * Steps of these sizes, each `stepsPerSize` times, make the fit: timing them before the first request saves small
   * steps.
   */
  readonly sizes: readonly number[];
  readonly stepsPerSize: number;
  /** Predicted time of a step of `tokens` tokens, for the `slo` chunk policy; 0 without a fit. */
  predict(tokens: number): number;
  observe(tokens: number, elapsed: number): void;
}

/** One may be the first of its size, which some devices compile for; the median of three is not. */
const STEPS_PER_SIZE = 3;

/** Steps between two fits: one of 160 samples takes 0.2 ms (bench/policies/budget/measured.bench.ts). */
const STEPS_PER_FIT = 128;

/**
 * Least share of B* that a target makes of it: there a step takes 1% longer than an empty one, so that less gains
 * nothing.
 */
const LEAST_SHARE = 1 / 8;

/**
 * Finds B* on the device: the first steps grow from one token to the most, three of each power of two; then floor and
 * slope are fitted, and fitted again all the time from what live steps take. The budget is B*, or what ends within the
 * target, but never below an eighth of B* or `minTokens`. Source: the talk's knee; the fit is in `step-time-fit.ts`.
 * Contexts are not known here: a step with long ones counts as slow.
 */
export function measured(options: MeasuredOptions): MeasuredBudget {
  return new Measured(options);
}

class Measured implements MeasuredBudget {
  readonly name = "measured";
  readonly maxTokens: number;
  readonly sizes: readonly number[];
  readonly stepsPerSize = STEPS_PER_SIZE;
  fit: StepTimeFit | undefined;
  readonly #target: number;
  readonly #minTokens: number;
  readonly #samples = new StepSamples();
  readonly #stepsOf: Int32Array;
  #probe = 0;
  #stepsToFit = 0;
  #tokens: number;

  constructor(options: MeasuredOptions) {
    checkOptions(options, { maxTokens: "other", target: "other", minTokens: "other" });
    const { maxTokens, target = Number.POSITIVE_INFINITY, minTokens = 1 } = options;
    integerOption("maxTokens", maxTokens, { least: 1 });
    numberOption("target", target, { above: 0, mayBeInfinite: true });
    integerOption("minTokens", minTokens, { least: 1, most: maxTokens });
    this.maxTokens = maxTokens;
    this.#minTokens = minTokens;
    this.sizes = powersOfTwo(maxTokens);
    this.#stepsOf = new Int32Array(this.sizes.length);
    this.#target = target;
    this.#tokens = maxTokens;
  }

  tokens(): number {
    return this.#probe < this.sizes.length ? this.sizes[this.#probe] : this.#tokens;
  }

  predict(tokens: number): number {
    return this.fit === undefined ? 0 : fittedTime(this.fit, tokens);
  }

  observe(tokens: number, elapsed: number): void {
    // A clock that stands still measures nothing, and must not keep the sizes from growing.
    if (elapsed > 0 && Number.isFinite(elapsed)) this.#samples.add(tokens, elapsed);
    if (this.#probe < this.sizes.length) this.#noteProbe(tokens);
    else if (--this.#stepsToFit <= 0) this.#refit();
  }

  #noteProbe(tokens: number): void {
    const size = this.sizes.indexOf(tokens);
    if (size !== -1) this.#stepsOf[size]++;
    while (this.#probe < this.sizes.length && this.#stepsOf[this.#probe] >= STEPS_PER_SIZE) this.#probe++;
    if (this.#probe === this.sizes.length) this.#refit();
  }

  #refit(): void {
    this.#stepsToFit = STEPS_PER_FIT;
    const { tokens, times } = this.#samples.all();
    this.fit = fitStepTime(tokens, times) ?? this.fit;
    this.#tokens = this.fit === undefined ? this.maxTokens : this.#best(this.fit);
  }

  #best({ floor, slope, bStar }: StepTimeFit): number {
    const inTime = this.#target > floor ? Math.sqrt(this.#target ** 2 - floor ** 2) / slope : 0;
    const tokens = Math.min(bStar, Math.max(inTime, LEAST_SHARE * bStar), this.maxTokens);
    return Math.max(this.#minTokens, Math.floor(tokens));
  }
}

/** 1, 2, 4, ... and `most` itself. */
function powersOfTwo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < most; size *= 2) sizes.push(size);
  return [...sizes, most];
}
