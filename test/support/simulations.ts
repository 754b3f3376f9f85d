/** Short ways to a simulation, for tests. */
import { gpuNamed, modelNamed } from "../../src/roofline/index.ts";
import {
  type Arrival,
  blocksThatFit,
  namedPolicies,
  type PolicyNames,
  simulate,
  type SimulateOptions,
  type SimulationSummary,
  type Workload,
} from "../../src/sim/index.ts";
import { GeneratedWorkload } from "../../src/sim/workloads/generated.ts";

export interface RunOptions extends Partial<Omit<SimulateOptions, "gpu" | "shape" | "policies">> {
  readonly workload: Workload;
  /** Default a100-80gb. */
  readonly gpu?: string;
  /** Default llama-2-7b. */
  readonly model?: string;
  readonly policies?: PolicyNames;
}

/** The figures of a run with everything by name. */
export async function figuresOf({
  gpu = "a100-80gb",
  model = "llama-2-7b",
  policies = {},
  ...options
}: RunOptions): Promise<SimulationSummary> {
  const setup = { gpu: gpuNamed(gpu), shape: modelNamed(model) };
  const { blockCount = blocksThatFit(setup, 16), tokenBudget = 512 } = options;
  const named = namedPolicies(policies, {
    ...setup,
    tokenBudget,
    cacheTokens: 16 * blockCount,
    targetSeconds: options.slo?.tpotSeconds,
  });
  return (await simulate({ ...setup, ...options, blockCount, tokenBudget, policies: named })).summary;
}

/** A workload of these requests. */
export function requests(arrivals: Iterable<Arrival>): Workload {
  return new GeneratedWorkload(arrivals);
}

/** So many equal requests at once. */
export function batch(count: number, promptTokens: number, outputTokens: number): Workload {
  return requests(Array.from({ length: count }, () => ({ at: 0, promptTokens, outputTokens })));
}

/** The first requests of a workload that never ends by itself. */
export function takeFrom(workload: Workload, count: number): Arrival[] {
  return Array.from({ length: count }, () => workload.take());
}
