import type { Arithmetic } from "../../roofline/index.ts";
import { engineNamed, type OverContext } from "../../sim/index.ts";

/** Everything that decides one run, as plain values: what a worker is sent, a sweep's line repeats, and `config` shows. */
export interface Settings {
  readonly engine: string;
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
export const AXES = ["engine", "model", "gpu", "gpus", "weightBits", "kvBits", "arithmetic", "maxRequests", "tokenBudget", "queue", "admission", "preemption", "chunking", "budget", "eviction", "concurrency", "rate", "seed"] as const;
export type Axis = (typeof AXES)[number];

/** Settings that the engine decides where they are not given. */
type OfEngine = "blockSize" | "maxRequests" | "tokenBudget" | "queue" | "admission" | "preemption" | "chunking" | "budget" | "eviction";

/** Settings of which some have lists of values. */
export type Grid = Omit<Settings, Axis | OfEngine> & { readonly [A in Axis]?: readonly NonNullable<Settings[A]>[] } & { readonly blockSize?: number };

/** One setting of each combination of values, in a fixed order; equal values count once. */
export function settingsOf(grid: Grid): Settings[] {
  let all: Record<string, unknown>[] = [{ ...grid }];
  for (const axis of AXES) {
    const values: readonly unknown[] | undefined = grid[axis];
    if (values !== undefined) all = all.flatMap((settings) => [...new Set(values)].map((value) => ({ ...settings, [axis]: value })));
  }
  return all.map(withDefaults);
}

/** Throws `InvalidOptionError` for an engine that is not known. */
function withDefaults(given: Record<string, unknown>): Settings {
  const { name, blockSize, maxRequests, tokenBudget, policies } = engineNamed(String(given["engine"]));
  const defaults = { blockSize, maxRequests, tokenBudget, ...policies };
  const missing = Object.entries(defaults).filter(([key]) => given[key] === undefined);
  return { ...given, engine: name, ...Object.fromEntries(missing) } as unknown as Settings;
}
