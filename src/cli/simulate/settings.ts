import type { Arithmetic } from "../../roofline/index.ts";
import type { OverContext } from "../../sim/index.ts";

/** Everything that decides one run, as plain values: what a worker is sent, a sweep's line repeats, and `config` shows. */
export interface Settings {
  readonly model: string;
  readonly gpu: string;
  readonly gpus: number;
  readonly weightBits: number;
  readonly kvBits: number;
  readonly arithmetic: Arithmetic;
  readonly trace?: string;
  readonly workload?: string;
  readonly rate?: number;
  readonly requests?: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly lengthCv?: number;
  readonly concurrency?: number;
  readonly context?: number;
  readonly overContext: OverContext;
  readonly prefixCache: "on" | "off";
  readonly gpuBlocks?: number;
  readonly blockSize: number;
  readonly maxRequests: number;
  readonly tokenBudget: number;
  readonly queue: string;
  readonly admission: string;
  readonly preemption: string;
  readonly chunking: string;
  readonly budget: string;
  readonly eviction: string;
  readonly sloTtft?: number;
  readonly sloTpot?: number;
  readonly dollarsPerHour?: number;
  readonly seed: number;
}

/** Settings that may have several values in a sweep, in the order in which they vary: the last fastest. */
export const AXES = ["model", "gpu", "gpus", "maxRequests", "tokenBudget", "queue", "admission", "preemption", "chunking", "budget", "eviction", "concurrency", "rate", "seed"] as const;
export type Axis = (typeof AXES)[number];

/** Settings of which some have lists of values. */
export type Grid = Omit<Settings, Axis> & { readonly [A in Axis]?: readonly NonNullable<Settings[A]>[] };

/** One setting of each combination of values, in a fixed order. */
export function settingsOf(grid: Grid): Settings[] {
  let all: Record<string, unknown>[] = [{ ...grid }];
  for (const axis of AXES) {
    const values = grid[axis];
    if (values !== undefined) all = all.flatMap((settings) => values.map((value) => ({ ...settings, [axis]: value })));
  }
  return all as unknown as Settings[];
}
