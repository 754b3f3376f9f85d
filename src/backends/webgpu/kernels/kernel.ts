import type { FloatDType } from "../packing.ts";
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

type SourceName = keyof typeof SOURCES;

/** The named .wgsl files, one after the other. */
export function compose(...names: readonly SourceName[]): string {
  return names.map((name) => SOURCES[name]).join("\n");
}

/** The prelude that widens weights stored as `dtype`. */
export function weightsPrelude(dtype: FloatDType): SourceName {
  return dtype === "F32" ? "weights-f32" : dtype === "F16" ? "weights-f16" : "weights-bf16";
}
