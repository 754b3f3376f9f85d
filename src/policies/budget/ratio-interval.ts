/** Two estimates with their variances and covariance. */
export interface Estimates {
  readonly a: number;
  readonly b: number;
  readonly varA: number;
  readonly varB: number;
  readonly covAB: number;
}

/**
 * The interval of a / b for numbers that are both at least 0; `quantile` is Student's t of the confidence wanted. Where
 * b may be 0 it has no upper end: `Infinity`. Source: Fieller's theorem (1954).
 */
export function ratioInterval(
  { a, b, varA, varB, covAB }: Estimates,
  quantile: number,
): readonly [low: number, high: number] {
  const square = quantile * quantile;
  // The ratios r whose a - r b is within `quantile` standard errors of 0: c2 r^2 - 2 c1 r + c0 <= 0.
  const c2 = b * b - square * varB;
  const c1 = a * b - square * covAB;
  const c0 = a * a - square * varA;
  const root = Math.sqrt(Math.max(0, c1 * c1 - c2 * c0));
  if (c2 > 0 && b > 0) return [Math.max(0, (c1 - root) / c2), Math.max(0, (c1 + root) / c2)];
  // Then c0 > 0 means that a is surely above 0, and the ratio above the positive root.
  return [c0 > 0 && a > 0 && c2 < 0 ? (c1 - root) / c2 : 0, Number.POSITIVE_INFINITY];
}

/** Student's t below which 97.5% lie, for `freedom` >= 3 degrees: within 1%. Source: Cornish and Fisher's expansion. */
export function studentQuantile(freedom: number): number {
  const z = 1.959963985;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), z);
}
