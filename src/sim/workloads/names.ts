import type { Workload } from "../arrival.ts";
import { ClosedLoop } from "./closed-loop.ts";
import type { LengthOptions } from "./lengths.ts";
import { gamma, onOff, poisson } from "./open.ts";
import { Sessions } from "./sessions.ts";
import { sharedPrefix } from "./shared-prefix.ts";
import { unknownName } from "../../unknown-name.ts";

/** What the workloads with a name have in common; each takes what it needs. */
export interface NamedWorkloadOptions extends LengthOptions {
  /** Requests a second; of `closed-loop` nothing. */
  readonly rate?: number;
  /** Users of `closed-loop`. */
  readonly concurrency?: number;
  readonly seed: number;
}

/** Every synthetic workload by name. */
export const WORKLOADS: ReadonlyMap<string, (options: NamedWorkloadOptions) => Workload> = new Map<
  string,
  (options: NamedWorkloadOptions) => Workload
>([
  ["poisson", poisson],
  ["gamma", gamma],
  ["on-off", onOff],
  ["closed-loop", (options) => new ClosedLoop(options)],
  ["sessions", (options) => new Sessions(options)],
  ["shared-prefix", sharedPrefix],
]);

/** The workload of that name. Throws `InvalidOptionError` that lists the known names. */
export function workloadNamed(name: string, options: NamedWorkloadOptions): Workload {
  const make = WORKLOADS.get(name);
  if (make === undefined) throw unknownName("workload", name, WORKLOADS.keys());
  return make(options);
}
