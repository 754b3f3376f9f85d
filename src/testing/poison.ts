import type { BackendInfo } from "../backends/backend.ts";

/** Bytes that are NaN in float16, bfloat16, float32 and float64 alike, for `count` blocks. */
export function poisonBytes({ bytesPerBlock }: Pick<BackendInfo, "bytesPerBlock">, count: number): Uint8Array {
  return new Uint8Array(count * bytesPerBlock).fill(0xff);
}
