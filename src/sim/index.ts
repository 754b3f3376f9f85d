export {
  createSimulatedBackend,
  SimulatedDevice,
  type SimulatedBackendOptions,
  type SimulatedDeviceOptions,
} from "../backends/simulated/index.ts";
export type { Arrival, MeasuredTimes, Workload } from "./arrival.ts";
export { type BenchFit, type BenchMeans, type BenchResult, benchResultFromJson, fitToBench } from "./bench-fit.ts";
export { fitContext, type OverContext } from "./context-limit.ts";
export { Distribution, type DistributionSummary, MAX_EXACT_SAMPLES } from "./distribution.ts";
export { engineNamed, type EnginePreset, ENGINES, setupUnder } from "./engines.ts";
export type { MeasuredSummary } from "./measured.ts";
export type { Slo } from "./metrics.ts";
export { namedPolicies, type PolicyNames, type PolicySetup } from "./named-policies.ts";
export { blocksThatFit } from "./options.ts";
export type { MemoryOptions, Policies, ResolvedSimulation, SimulationOptions } from "./options.ts";
export { Fleet, type FleetOptions, MAX_REPLICAS } from "./replicas/fleet.ts";
export { leastLoaded } from "./replicas/least-loaded.ts";
export { routeNamed, ROUTES } from "./replicas/names.ts";
export { prefixAware } from "./replicas/prefix-aware.ts";
export { roundRobin } from "./replicas/round-robin.ts";
export type { ReplicaView, RoutePolicy } from "./replicas/route-policy.ts";
export { QuantileSketch, SKETCH_RELATIVE_ERROR } from "./quantile-sketch.ts";
export { RandomStream } from "./random.ts";
export {
  type Curves,
  simulate,
  simulateFleet,
  type SimulateFleetOptions,
  type SimulateOptions,
  type SimulationRun,
} from "./simulate.ts";
export { type RequestCounts, Simulation, type StepObserver } from "./simulation.ts";
export { type ClientSummary, type SimulationSummary, summarize } from "./summary.ts";
export type { TimelinePoint } from "./timeline.ts";
export { TraceError } from "./traces/trace-error.ts";
export { type BadRows, TraceWorkload } from "./traces/trace-workload.ts";
export { ClosedLoop, type ClosedLoopOptions, MAX_USERS } from "./workloads/closed-loop.ts";
export type { LengthLaw, LengthOptions } from "./workloads/lengths.ts";
export { type NamedWorkloadOptions, workloadNamed, WORKLOADS } from "./workloads/names.ts";
export { gamma, onOff, type OpenOptions, poisson } from "./workloads/open.ts";
export { PoissonArrivals } from "./workloads/poisson-arrivals.ts";
export { type Stage, type StageOptions, stages } from "./workloads/stages.ts";
export { type SessionOptions, Sessions } from "./workloads/sessions.ts";
export { sharedPrefix, type SharedPrefixOptions } from "./workloads/shared-prefix.ts";
