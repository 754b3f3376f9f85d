import type { KvType } from "../../../kv-type.ts";
import type { DeviceDType } from "../packing.ts";
import { SOURCES } from "./sources.ts";

/** How a kernel binds a buffer: binding i of group 0 is the i-th of its list. */
export type Binding = "read" | "write" | "uniform";

/** A compute shader, its `override` constants and its bindings: what makes one pipeline. */
export interface Kernel {
  readonly label: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly constants: Readonly<Record<string, number>>;
}

export type SourceName = keyof typeof SOURCES;

/** The named .wgsl files, one after the other. */
export function compose(...names: readonly SourceName[]): string {
  return names.map((name) => SOURCES[name]).join("\n");
}

const FORMATS = {
  F32: "weights-f32",
  F16: "weights-f16",
  BF16: "weights-bf16",
  Q8_0: "weights-q8_0",
  Q4_0: "weights-q4_0",
} as const;

/** The pieces that read weights stored as `dtype`. */
export function weightPieces(dtype: DeviceDType): SourceName[] {
  return ["weights", FORMATS[dtype]];
}

const CACHES = { f32: "cache-f32", f16: "cache-f16", int8: "cache-int8" } as const;

/** The piece that reads and writes keys and values stored as `kv`. */
export function cachePiece(kv: KvType): SourceName {
  return CACHES[kv];
}
