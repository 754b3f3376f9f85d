/**
 * Robust least squares over the logarithms of positive figures (Levenberg and Marquardt; iteratively reweighted, Huber
 * 1964).
 */
import type { Figures, FigureSpec } from "./figures.ts";

/**
 * Residuals beyond count in proportion, those beyond the second hardly at all: a run that was measured otherwise than
 * it says must not bend the fit.
 */
const HUBER = 0.05;
const OUTLIER = 0.35;
const OUTLIER_SLOPE = 0.01;

/** Step of the differences that stand for derivatives, in the logarithm. */
const DIFFERENCE = 0.02;

const MAX_ROUNDS = 14;
const MAX_TRIES = 6;

/** A gain below this share of the cost ends the search. */
const LEAST_GAIN = 1e-5;

/** Largest change of a figure's logarithm in a round. */
const LARGEST_STEP = 0.5;

/** One measured run: its residuals (relative errors) with these figures, and which figures can change them. */
export interface Case {
  residuals(figures: Figures): readonly number[];
  concerns(name: string): boolean;
}

/** The figures that make the residuals' robust sum least, with each one's pull to its start. */
export function fit(start: Figures, specs: readonly FigureSpec[], cases: readonly Case[]): Figures {
  let best = start;
  let cost = costOf(best, specs, cases);
  let damping = 1e-2;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { matrix, gradient } = normalEquations(best, specs, cases);
    const before = cost;
    for (let attempt = 0; attempt < MAX_TRIES && cost === before; attempt++) {
      const candidate = moved(best, specs, solve(damped(matrix, damping), gradient));
      const candidateCost = costOf(candidate, specs, cases);
      if (candidateCost < cost) [best, cost, damping] = [candidate, candidateCost, Math.max(1e-5, damping / 4)];
      else damping *= 5;
    }
    if (before - cost <= LEAST_GAIN * cost) break;
  }
  return best;
}

function costOf(figures: Figures, specs: readonly FigureSpec[], cases: readonly Case[]): number {
  const pulls = specs.map((spec) => (spec.pull / 2) * Math.log(figures[spec.name] / spec.start) ** 2);
  return sum(pulls) + sum(cases.map((each) => sum(each.residuals(figures).map(loss))));
}

/** Quadratic, then linear, then nearly flat. */
function loss(residual: number): number {
  const size = Math.abs(residual);
  if (size < HUBER) return size ** 2 / 2;
  const within = HUBER * (Math.min(size, OUTLIER) - HUBER / 2);
  return size < OUTLIER ? within : within + OUTLIER_SLOPE * (size - OUTLIER);
}

function weightOf(residual: number): number {
  const size = Math.abs(residual);
  if (size < HUBER) return 1;
  return (size < OUTLIER ? HUBER : OUTLIER_SLOPE) / size;
}

function normalEquations(
  figures: Figures,
  specs: readonly FigureSpec[],
  cases: readonly Case[],
): { matrix: Float64Array[]; gradient: Float64Array } {
  const matrix = specs.map(() => new Float64Array(specs.length));
  const gradient = new Float64Array(specs.length);
  for (const each of cases) {
    const base = each.residuals(figures);
    const active = specs.flatMap(({ name }, index) =>
      each.concerns(name) ? [{ index, slopes: slopesOf(figures, name, each, base) }] : [],
    );
    for (const [row, residual] of base.entries()) {
      const weight = weightOf(residual);
      for (const { index, slopes } of active) {
        gradient[index] += weight * slopes[row] * residual;
        for (const other of active) matrix[index][other.index] += weight * slopes[row] * other.slopes[row];
      }
    }
  }
  for (const [index, { name, pull, start }] of specs.entries()) {
    matrix[index][index] += pull;
    gradient[index] += pull * Math.log(figures[name] / start);
  }
  return { matrix, gradient };
}

function slopesOf(figures: Figures, name: string, each: Case, base: readonly number[]): number[] {
  const there = each.residuals({ ...figures, [name]: figures[name] * Math.exp(DIFFERENCE) });
  return there.map((residual, row) => (residual - base[row]) / DIFFERENCE);
}

function damped(matrix: readonly Float64Array[], damping: number): Float64Array[] {
  return matrix.map((row, index) => {
    const copy = Float64Array.from(row);
    copy[index] += damping * (row[index] + 1e-4);
    return copy;
  });
}

function moved(figures: Figures, specs: readonly FigureSpec[], change: Float64Array): Figures {
  const entries = specs.map(({ name, least, most }, index) => {
    const step = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, change[index]));
    return [name, Math.min(most, Math.max(least, figures[name] * Math.exp(-step)))];
  });
  return { ...figures, ...Object.fromEntries(entries) };
}

/** Gauss's elimination with partial pivoting. Changes `matrix`. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  const result = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    let pivot = i;
    for (let j = i + 1; j < size; j++) if (Math.abs(matrix[j][i]) > Math.abs(matrix[pivot][i])) pivot = j;
    [matrix[i], matrix[pivot]] = [matrix[pivot], matrix[i]];
    [result[i], result[pivot]] = [result[pivot], result[i]];
    for (let j = i + 1; j < size; j++) {
      const scale = matrix[j][i] / matrix[i][i];
      for (let k = i; k < size; k++) matrix[j][k] -= scale * matrix[i][k];
      result[j] -= scale * result[i];
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) result[i] -= matrix[i][k] * result[k];
    result[i] /= matrix[i][i];
  }
  return result;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
