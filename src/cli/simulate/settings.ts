import { InvalidOptionError } from "../../errors.ts";
import type { Arithmetic } from "../../roofline/index.ts";
import { type BadRows, engineNamed, type LengthLaw, type OverContext } from "../../sim/index.ts";
import { readWeightFormat } from "../catalogue.ts";

/**
 * Everything that decides one run, as plain values: what a worker is sent, a sweep's line repeats, and `config` shows.
 */
export interface Settings {
  readonly engine: string;
  readonly model: string;
  readonly gpu: string;
  readonly gpus: number;
  readonly replicas: number;
  readonly route: string;
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
  readonly lengthLaw?: LengthLaw;
  /** RATExSECONDS, comma-separated. */
  readonly stages?: string;
  readonly concurrency?: number;
  readonly context?: number;
  readonly overContext: OverContext;
  readonly badRows: BadRows;
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
export const AXES = [
  "engine",
  "model",
  "gpu",
  "gpus",
  "replicas",
  "route",
  "weightBits",
  "kvBits",
  "arithmetic",
  "maxRequests",
  "tokenBudget",
  "queue",
  "admission",
  "preemption",
  "chunking",
  "budget",
  "eviction",
  "concurrency",
  "rate",
  "seed",
] as const;
export type Axis = (typeof AXES)[number];

/** Settings that the engine decides where they are not given. */
type OfEngine =
  | "blockSize"
  | "maxRequests"
  | "tokenBudget"
  | "queue"
  | "admission"
  | "preemption"
  | "chunking"
  | "budget"
  | "eviction";

/** Settings of which some have lists of values. */
export type Grid = Omit<Settings, Axis | OfEngine> & { readonly [A in Axis]?: readonly NonNullable<Settings[A]>[] } & {
  readonly blockSize?: number;
};

/** One setting of each combination of values, in a fixed order; equal values count once. */
export function settingsOf(grid: Grid): Settings[] {
  let all: Record<string, unknown>[] = [{ ...grid }];
  for (const axis of AXES) {
    const values: readonly unknown[] | undefined = grid[axis];
    if (values !== undefined) {
      all = all.flatMap((settings) => [...new Set(values)].map((value) => ({ ...settings, [axis]: value })));
    }
  }
  if (all.length > MAX_RUNS) throw new InvalidOptionError(`a sweep has at most ${MAX_RUNS} runs, got ${all.length}`);
  return all.map(withDefaults);
}

/** Runs of a sweep: a line of each takes some 10 kB, so that 10^5 of them still fit in memory. */
const MAX_RUNS = 100_000;

/** Throws `InvalidOptionError` for an engine that is not known. */
function withDefaults(given: Record<string, unknown>): Settings {
  const { name, blockSize, maxRequests, tokenBudget, policies } = engineNamed(String(given["engine"]));
  const format = readWeightFormat(given["model"] as string | undefined) ?? { weightBits: 16, arithmetic: "fp16" };
  const defaults = { ...format, blockSize, maxRequests, tokenBudget, ...policies };
  const missing = Object.entries(defaults).filter(([key]) => given[key] === undefined);
  return { ...given, engine: name, ...Object.fromEntries(missing) } as unknown as Settings;
}
