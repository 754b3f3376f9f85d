import type { EngineFlags } from "../engine-options.ts";

/** What its engine is made with. */
export interface ServedEngineOptions extends EngineFlags {
  readonly blocks?: number;
  readonly queue: string;
  readonly admission: string;
  readonly preemption: string;
  readonly chunking: string;
  readonly eviction: string;
  readonly maxWaiting: number;
  /** A new file for a trace of the requests. */
  readonly record?: string;
}

/** The policies where nothing is said. */
export const DEFAULT_POLICIES = {
  queue: "fcfs",
  admission: "watermark",
  preemption: "last-in",
  chunking: "fcfs",
  eviction: "lru",
} as const;

/** The options of `bstar serve`, checked one by one. */
export interface ServeOptions extends ServedEngineOptions {
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly servedModelName?: string;
  readonly apiKeyFile?: string;
  readonly corsOrigin?: readonly string[];
  readonly limit?: readonly string[];
  readonly kvEvents?: string;
  readonly kvReplay?: string;
  readonly kvTopic?: string;
  readonly drainSeconds: number;
  readonly log: "all" | "errors" | "none";
}
