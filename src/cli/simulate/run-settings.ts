import { InvalidOptionError } from "../../errors.ts";
import {
  blocksThatFit,
  engineNamed,
  namedPolicies,
  PoissonArrivals,
  type Policies,
  routeNamed,
  simulate,
  simulateFleet,
  type SimulationOptions,
  type SimulationRun,
  type SimulationSummary,
  setupUnder,
  stages,
  type Workload,
  workloadNamed,
} from "../../sim/index.ts";
import { openTrace } from "../../sim/traces/trace-file.ts";
import type { Config } from "../../sim/report/series.ts";
import { readGpu, readShape } from "../catalogue.ts";
import type { Settings } from "./settings.ts";
import { parseStages } from "./stages.ts";

/** Requests of a workload that would never end. */
const DEFAULT_REQUESTS = 1000;

/** What `--json` prints of one run. */
export interface Result extends SimulationSummary {
  /** Rows of the trace that could not be used; only where they are skipped. */
  readonly skippedRows?: number;
  /** The settings, and what the roofline chose for missing ones. */
  readonly config: Config;
  readonly seed: number;
}

/** A run's result, and what a report draws beside it: also a line of a sweep's file. */
export interface RunRecord extends Omit<SimulationRun, "summary"> {
  readonly result: Result;
}

/** One replica runs without a router. */
function runOn(settings: Settings, options: SimulationOptions): Promise<SimulationRun> {
  const { replicas, route, dollarsPerHour } = settings;
  const policiesOf = (): Policies => policiesFor(settings, options);
  if (replicas === 1) return simulate({ ...options, policies: policiesOf(), dollarsPerHour });
  return simulateFleet({ ...options, replicas, route: routeNamed(route), policiesOf, dollarsPerHour });
}

function policiesFor(settings: Settings, options: SimulationOptions): Policies {
  const { tokenBudget, blockSize, sloTpot } = settings;
  return namedPolicies(settings, {
    ...options,
    tokenBudget,
    cacheTokens: options.blockCount! * blockSize,
    targetSeconds: sloTpot,
  });
}

/**
 * Runs one simulation from plain values. Rejects with the errors of `simulate`, and `InvalidOptionError` for settings
 * that contradict each other.
 */
export async function runSettings(settings: Settings): Promise<RunRecord> {
  const { workload, skippedRows } = await workloadOf(settings);
  const options = optionsOf(settings, workload);
  const { summary, ...plots } = await runOn(settings, options);
  const { seed, ...rest } = settings;
  const { blockCount, shape, gpu } = options;
  const config = {
    ...rest,
    model: shape.name,
    gpu: gpu.name,
    gpuBlocks: blockCount,
    context: settings.context ?? shape.contextLength,
  };
  return {
    result: { ...summary, ...(settings.badRows === "skip" && { skippedRows: skippedRows() }), config, seed },
    ...plots,
  };
}

function optionsOf(settings: Settings, workload: Workload): SimulationOptions {
  if (settings.chunking === "slo" && settings.sloTpot === undefined) {
    throw new InvalidOptionError("chunking slo needs a promise to keep: give --slo-tpot");
  }
  const { gpus, weightBits, kvBits, arithmetic, maxRequests, tokenBudget, blockSize } = settings;
  const engine = engineNamed(settings.engine);
  const setup = setupUnder(engine, {
    gpu: readGpu(settings.gpu),
    shape: readShape(settings.model),
    gpus,
    weightBits,
    kvBits,
    arithmetic,
  });
  const blockCount = settings.gpuBlocks ?? blocksThatFit(setup, blockSize, engine.memory);
  return {
    ...setup,
    planAhead: engine.planAhead,
    frontEndSeconds: engine.frontEndSeconds,
    workload,
    blockCount,
    blockSize,
    maxRequests,
    tokenBudget,
    contextLength: settings.context,
    overContext: settings.overContext,
    prefixCaching: settings.prefixCache === "on",
    maxArrivals: settings.requests ?? (settings.trace === undefined ? DEFAULT_REQUESTS : undefined),
    slo: { ttftSeconds: settings.sloTtft, tpotSeconds: settings.sloTpot },
  };
}

/** The workload, and how many of its rows were left out so far. */
async function workloadOf(
  settings: Settings,
): Promise<{ readonly workload: Workload; readonly skippedRows: () => number }> {
  const { trace, workload, rate, seed, badRows } = settings;
  if (settings.stages !== undefined) {
    return { workload: stages({ ...settings, stages: parseStages(settings.stages) }), skippedRows: () => 0 };
  }
  if (trace === undefined) return { workload: workloadNamed(workload ?? "", settings), skippedRows: () => 0 };
  const { workload: rows, hasTimes, skippedRows } = await openTrace(trace, seed, badRows);
  if (rate !== undefined) return { workload: new PoissonArrivals(rows, rate, seed), skippedRows };
  if (!hasTimes) throw new InvalidOptionError(`${trace} has lengths without times: give the arrivals with --rate`);
  return { workload: rows, skippedRows };
}
