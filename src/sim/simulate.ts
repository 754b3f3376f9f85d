import type { SimulationOptions } from "./options.ts";
import { Simulation, type StepObserver } from "./simulation.ts";
import { Fleet, type FleetOptions } from "./replicas/fleet.ts";
import { mergedOf, type SimulationSummary, summarize } from "./summary.ts";
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

/** Options of `simulateFleet`. */
export interface SimulateFleetOptions extends FleetOptions {
  readonly dollarsPerHour?: number;
}

/**
 * Runs a workload on simulated hardware to its end, with the production scheduler. Everything but `loopSeconds` is a
 * function of the options. Rejects with `DeviceLimitError` where the weights leave no room, `InvalidOptionError` for a
 * value out of range, `TraceError` for a malformed trace.
 */
export async function simulate(options: SimulateOptions): Promise<SimulationRun> {
  const simulation = new Simulation(options, options.observe);
  return runOf(simulation, [simulation], options.dollarsPerHour);
}

/** The same on several replicas behind a router. Figures are of all of them; the timeline is of the first. */
export async function simulateFleet(options: SimulateFleetOptions): Promise<SimulationRun> {
  const fleet = new Fleet(options);
  return runOf(fleet, fleet.simulations, options.dollarsPerHour);
}

async function runOf(
  runner: { run(): Promise<void> },
  simulations: readonly Simulation[],
  dollarsPerHour: number | undefined,
): Promise<SimulationRun> {
  const begin = performance.now();
  await runner.run();
  const loopSeconds = (performance.now() - begin) / MILLISECONDS;
  const curve = (name: "ttft" | "itl" | "tpot" | "e2e"): number[] => mergedOf(simulations, name).curve(CURVE_POINTS);
  return {
    summary: summarize(simulations, { loopSeconds, dollarsPerHour }),
    curves: {
      ttftSeconds: curve("ttft"),
      itlSeconds: curve("itl"),
      tpotSeconds: curve("tpot"),
      e2eSeconds: curve("e2e"),
    },
    timeline: simulations[0].metrics.timeline.points(),
  };
}
