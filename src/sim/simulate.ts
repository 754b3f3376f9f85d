import type { SimulationOptions } from "./options.ts";
import { Simulation, type StepObserver } from "./simulation.ts";
import { type SimulationSummary, summarize } from "./summary.ts";

const MILLISECONDS = 1000;

/**
 * Runs a workload on simulated hardware to its end, with the production scheduler. Everything but `loopSeconds` is a function of the
 * options. Rejects with `DeviceLimitError` where the weights leave no room, `InvalidOptionError` for a value out of range, `TraceError`
 * for a malformed trace.
 */
export async function simulate(options: SimulationOptions & { readonly dollarsPerHour?: number }, observe?: StepObserver): Promise<SimulationSummary> {
  const simulation = new Simulation(options, observe);
  const begin = performance.now();
  await simulation.run();
  const loopSeconds = (performance.now() - begin) / MILLISECONDS;
  return summarize(simulation, { loopSeconds, dollarsPerHour: options.dollarsPerHour });
}
