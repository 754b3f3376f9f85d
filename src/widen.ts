/**
 * A copy of an array of at least `length`, at most `limit`: twice as long as it was, so that growing one by one costs
 * O(1) each.
 */
export function widened(array: Int32Array, length: number, limit: number): Int32Array {
  const wider = new Int32Array(Math.max(length, Math.min(2 * array.length, limit)));
  wider.set(array);
  return wider;
}
