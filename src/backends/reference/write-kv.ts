import type { KvStore } from "./kv-store.ts";

/** Stores keys and values [tokenCount, kvSize] of `layer` at the slots that `slotMapping` [tokenCount] names. */
export function writeKv(
  store: KvStore,
  layer: number,
  keys: Float64Array,
  values: Float64Array,
  slotMapping: Int32Array,
  tokenCount: number,
): void {
  const { data, kvSize, valueOffset } = store;
  for (let t = 0; t < tokenCount; t++) {
    const target = store.keyOffset(slotMapping[t], layer);
    for (let i = 0; i < kvSize; i++) {
      data[target + i] = keys[t * kvSize + i];
      data[target + valueOffset + i] = values[t * kvSize + i];
    }
  }
}
