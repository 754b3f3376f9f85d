/** How the numbers of keys and values are stored. `int8` has a float32 scale for each head and token. */
export type KvType = "f32" | "f16" | "int8";

export const KV_TYPES: readonly KvType[] = ["f32", "f16", "int8"];

/** Bytes of one head's key, or of its value, of one token. */
export function kvHeadBytes(type: KvType, headDim: number): number {
  if (type === "int8") return headDim + 4;
  return headDim * (type === "f16" ? 2 : 4);
}
