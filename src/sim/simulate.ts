import type { SimulationOptions } from "./options.ts";
import { Simulation, type StepObserver } from "./simulation.ts";
import { type SimulationSummary, summarize } from "./summary.ts";
import type { TimelinePoint } from "./timeline.ts";

const MILLISECONDS = 1000;

/** Points of a curve: percentiles. */
const CURVE_POINTS = 100;

/** Cumulative distributions: the value at each percentile from 0 to 100. */
export interface Curves {
  readonly ttftSeconds: readonly number[];
  readonly itlSeconds: readonly number[];
  readonly tpotSeconds: readonly number[];
  readonly e2eSeconds: readonly number[];
}

/** A run with what plots need. */
export interface SimulationRun {
  readonly summary: SimulationSummary;
  readonly curves: Curves;
  readonly timeline: readonly TimelinePoint[];
}

/** Options of `simulate`. */
export interface SimulateOptions extends SimulationOptions {
  /** Dollars an hour and GPU. Default: the catalogue's. */
  readonly dollarsPerHour?: number;
  /** Sees each step as it is committed. */
  readonly observe?: StepObserver;
}

/**
 * Runs a workload on simulated hardware to its end, with the production scheduler. Everything but `loopSeconds` is a function of the
 * options. Rejects with `DeviceLimitError` where the weights leave no room, `InvalidOptionError` for a value out of range, `TraceError`
 * for a malformed trace.
 */
export async function simulate(options: SimulateOptions): Promise<SimulationRun> {
  const simulation = new Simulation(options, options.observe);
  const begin = performance.now();
  await simulation.run();
  const loopSeconds = (performance.now() - begin) / MILLISECONDS;
  const { ttft, itl, tpot, e2e, timeline } = simulation.metrics;
  return {
    summary: summarize(simulation, { loopSeconds, dollarsPerHour: options.dollarsPerHour }),
    curves: { ttftSeconds: ttft.curve(CURVE_POINTS), itlSeconds: itl.curve(CURVE_POINTS), tpotSeconds: tpot.curve(CURVE_POINTS), e2eSeconds: e2e.curve(CURVE_POINTS) },
    timeline: timeline.points(),
  };
}
