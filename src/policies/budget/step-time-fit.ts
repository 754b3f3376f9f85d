import { ratioInterval, studentQuantile } from "./ratio-interval.ts";

/** A step's time as sqrt(floor^2 + (slope * tokens)^2), in the unit of the samples. */
export interface StepTimeFit {
  /** Time of a step however few its tokens are. */
  readonly floor: number;
  /** Time a token of a large step; 0 where no sample shows any. */
  readonly slope: number;
  /** B*: floor / slope tokens; `Infinity` where the slope is 0. */
  readonly bStar: number;
  /** 95% interval of B*, by the scatter of the samples; `high` is `Infinity` where they do not reach the knee. */
  readonly low: number;
  readonly high: number;
  readonly sampleCount: number;
}

/** Fewer samples leave no degrees of freedom to tell how good a fit is. */
const MIN_SAMPLES = 5;

/** Rounds of weighting: it settles in four or five. */
const ROUNDS = 8;

/** Deviations, in standard ones, from which a sample counts less: 1.345 keeps 95% of the efficiency (Huber, 1964). */
const HUBER = 1.345;

/** Standard deviations in a median of absolute deviations, for normal noise. */
const SIGMAS_PER_MAD = 1.4826;

/** Least relative scatter taken for real: clocks are no better. */
const MIN_SCATTER = 1e-6;

/**
 * Fits floor and slope to step times by weighted least squares on squares: t^2 = floor^2 + slope^2 n^2, so that
 * relative errors count, with Huber's weights, so that a few steps that something else delayed do not. Undefined where
 * samples are too few or all of one size. The root of squares is 4 to 6% off measured products, where a maximum is up
 * to 49% off at the knee (src/roofline/step-time.ts).
 */
export function fitStepTime(tokens: ArrayLike<number>, times: ArrayLike<number>): StepTimeFit | undefined {
  const count = tokens.length;
  const samples: Sample[] = Array.from({ length: count }, (_, i) => ({
    x: tokens[i] ** 2,
    y: times[i] ** 2,
    weight: times[i] ** -4,
  }));
  if (count < MIN_SAMPLES || samples.every(({ x }) => x === samples[0].x)) return undefined;
  let line = fitLine(samples);
  for (let round = 0; round < ROUNDS; round++) {
    reweight(samples, line);
    line = fitLine(samples);
  }
  return toFit(line, count);
}

interface Sample {
  readonly x: number;
  readonly y: number;
  weight: number;
}

/** y = a + b x, and what the estimates are worth. */
interface Line {
  readonly a: number;
  readonly b: number;
  readonly varA: number;
  readonly varB: number;
  readonly covAB: number;
}

function fitLine(samples: readonly Sample[]): Line {
  let [w, wx, wy] = [0, 0, 0];
  for (const { x, y, weight } of samples) {
    w += weight;
    wx += weight * x;
    wy += weight * y;
  }
  const [meanX, meanY] = [wx / w, wy / w];
  let [wxx, wxy] = [0, 0];
  for (const { x, y, weight } of samples) {
    wxx += weight * (x - meanX) ** 2;
    wxy += weight * (x - meanX) * (y - meanY);
  }
  const b = wxy / wxx;
  const a = meanY - b * meanX;
  let residual = 0;
  for (const { x, y, weight } of samples) residual += weight * (y - a - b * x) ** 2;
  const variance = residual / (samples.length - 2);
  return { a, b, varA: variance * (1 / w + meanX ** 2 / wxx), varB: variance / wxx, covAB: (-variance * meanX) / wxx };
}

/** Weights by the fitted time, not the sample's own: a sample that is too fast must not count more for it. */
function reweight(samples: readonly Sample[], { a, b }: Line): void {
  const least = Math.min(...samples.map(({ y }) => y));
  const fitted = samples.map(({ x }) => Math.max(a + b * x, least));
  const deviations = samples.map(({ y }, i) => Math.abs(y / fitted[i] - 1));
  const scatter = Math.max(MIN_SCATTER, SIGMAS_PER_MAD * deviations.toSorted((p, q) => p - q)[deviations.length >> 1]);
  for (const [i, sample] of samples.entries()) {
    sample.weight = fitted[i] ** -2 * Math.min(1, (HUBER * scatter) / deviations[i]);
  }
}

function toFit(line: Line, sampleCount: number): StepTimeFit {
  const floor = Math.sqrt(Math.max(0, line.a));
  const slope = Math.sqrt(Math.max(0, line.b));
  const [low, high] = ratioInterval(line, studentQuantile(sampleCount - 2));
  return {
    floor,
    slope,
    bStar: slope === 0 ? Number.POSITIVE_INFINITY : floor / slope,
    low: Math.sqrt(low),
    high: Math.sqrt(high),
    sampleCount,
  };
}

/** Time of a step of `tokens` tokens. */
export function fittedTime({ floor, slope }: StepTimeFit, tokens: number): number {
  return Math.sqrt(floor ** 2 + (slope * tokens) ** 2);
}
