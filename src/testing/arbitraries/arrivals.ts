import type { Arbitrary, FastCheck } from "../fast-check.ts";

/** How requests come in. */
export type ArrivalProcess = "together" | "regular" | "poisson" | "bursts";

export interface ArrivalOptions {
  readonly count: number;
  /** Mean time between two arrivals, in whatever unit `now` has. Default 1. */
  readonly meanGap?: number;
  /** Default: any of them. */
  readonly processes?: readonly ArrivalProcess[];
}

/** Uniform draws are of 24 bits: a gap is at most 17 times the mean, and shrinks to none. */
const DRAWS = 2 ** 24;
const ALL: readonly ArrivalProcess[] = ["together", "regular", "poisson", "bursts"];
/** Of bursts: the share of gaps that are none, so that about four requests come at a time. */
const IN_BURST = 0.75;

/** Times at which `count` requests arrive: not descending, from 0. */
export function arrivalTimes(fc: FastCheck, options: ArrivalOptions): Arbitrary<number[]> {
  const { count, meanGap = 1, processes = ALL } = options;
  const draw = fc.noBias(fc.nat(DRAWS - 1));
  return fc
    .tuple(fc.constantFrom(...processes), fc.array(draw, { minLength: count, maxLength: count }))
    .map(([process, draws]) => {
      let time = 0;
      return draws.map((drawn, index) => {
        if (index > 0) time += meanGap * gap(process, drawn / DRAWS);
        return time;
      });
    });
}

/** A gap of mean 1. */
function gap(process: ArrivalProcess, u: number): number {
  switch (process) {
    case "together":
      return 0;
    case "regular":
      return 1;
    case "poisson":
      return exponential(u);
    case "bursts":
      return u < IN_BURST ? 0 : exponential((u - IN_BURST) / (1 - IN_BURST)) / (1 - IN_BURST);
  }
}

/** The quantile function of the exponential distribution of mean 1. */
function exponential(u: number): number {
  return -Math.log1p(-u);
}
