/**
 * Exact quantile by nearest rank: the smallest of the values that at least the share q of them does not exceed; null
 * where there are none.
 */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1];
}
