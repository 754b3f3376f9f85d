/** Frequency scaling of a rotary embedding. */
export type RopeScaling =
  /** All frequencies divided by `factor` (position interpolation, arXiv 2306.15595). */
  | { readonly kind: "linear"; readonly factor: number }
  /** Llama 3.1's: low frequencies divided, high ones kept, the rest interpolated. */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    }
  /** YaRN (arXiv 2309.00071): a ramp from kept to divided frequencies between two numbers of turns. */
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly originalContextLength: number;
      /** Dimensions that turn more often than this in the original context are kept. */
      readonly betaFast: number;
      /** Dimensions that turn less often are divided by `factor`. */
      readonly betaSlow: number;
      /** Factor of cosines and sines. */
      readonly magnitude: number;
      /** The ramp's ends are whole dimensions. */
      readonly truncated: boolean;
    }
  /** Frequency i is divided by `divisors[i]`: a table that the file brings (LongRoPE, arXiv 2402.13753). */
  | { readonly kind: "divisors"; readonly divisors: readonly number[]; readonly magnitude: number };

/** A rotary embedding (RoFormer, arXiv 2104.09864): pair i of a head is (i, i + dimensions / 2). */
export interface RopeConfig {
  readonly theta: number;
  /** Numbers of a head that are rotated, the first ones; even. */
  readonly dimensions: number;
  readonly scaling: RopeScaling | null;
}

/** Powers and logarithms: runtimes round `Math.pow` and `Math.log` differently. */
export type RopeMath = Pick<typeof Math, "pow" | "log">;

/** Inverse frequencies, radians a position: [dimensions / 2]. */
export function ropeInverseFrequencies(rope: RopeConfig, math: RopeMath = Math): Float64Array {
  const frequencies = new Float64Array(rope.dimensions / 2);
  for (let i = 0; i < frequencies.length; i++) frequencies[i] = math.pow(rope.theta, -(2 * i) / rope.dimensions);
  return frequencies.map((frequency, i) => scaleFrequency(frequency, i, rope, math));
}

/** Factor of every cosine and sine. */
export function ropeMagnitude({ scaling }: RopeConfig): number {
  return scaling?.kind === "yarn" || scaling?.kind === "divisors" ? scaling.magnitude : 1;
}

function scaleFrequency(frequency: number, index: number, rope: RopeConfig, math: RopeMath): number {
  const { scaling } = rope;
  switch (scaling?.kind) {
    case undefined:
      return frequency;
    case "linear":
      return frequency / scaling.factor;
    case "divisors":
      return frequency / scaling.divisors[index];
    case "llama3": {
      const { lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
      const turns = (originalContextLength * frequency) / (2 * Math.PI);
      return blend(
        frequency,
        scaling.factor,
        (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor),
      );
    }
    case "yarn": {
      const { low, high } = yarnRamp(rope, scaling, math);
      return blend(frequency, scaling.factor, 1 - (index - low) / (high - low));
    }
  }
}

/** The frequency itself where `kept` is 1 or more, divided by `factor` where it is 0 or less. */
function blend(frequency: number, factor: number, kept: number): number {
  const share = Math.min(1, Math.max(0, kept));
  return (1 - share) * (frequency / factor) + share * frequency;
}

/** Pair numbers between which frequencies change from kept to divided. */
function yarnRamp(
  rope: RopeConfig,
  scaling: RopeScaling & { kind: "yarn" },
  math: RopeMath,
): { low: number; high: number } {
  const { theta, dimensions } = rope;
  const pairWithTurns = (turns: number): number =>
    (dimensions * math.log(scaling.originalContextLength / (turns * 2 * Math.PI))) / (2 * math.log(theta));
  const fast = pairWithTurns(scaling.betaFast);
  const slow = pairWithTurns(scaling.betaSlow);
  const low = Math.max(0, scaling.truncated ? Math.floor(fast) : fast);
  const high = Math.min(dimensions - 1, scaling.truncated ? Math.ceil(slow) : slow);
  return { low, high: high === low ? high + 0.001 : high };
}
