export { type BlockPair, type PlanMoves, type PlanRow, makePlan } from "./make-plan.ts";
export {
  type IssuedStep,
  PlanDriver,
  type Sample,
  type Sequence,
  type SequenceOptions,
  type Share,
} from "./plan-driver.ts";
export { type RandomModelOptions, randomModel } from "./random-model.ts";
export {
  type BackendSizes,
  type ConformanceCase,
  type ConformanceOptions,
  type MakeBackend,
  type TestRunner,
  backendConformance,
} from "./backend-conformance.ts";
export type {
  Allocation,
  Allocator,
  AllocatorCapabilities,
  AllocatorSizes,
  BlockCounts,
  Domain,
  MakeAllocator,
} from "./allocator/allocator.ts";
export {
  type AllocatorConformanceOptions,
  type AllocatorLaw,
  type LawRunner,
  allocatorConformance,
  checkProgram,
  findBrokenLaw,
} from "./allocator/conformance.ts";
export { type AllocatorCoverage, formatCoverage } from "./allocator/coverage.ts";
export { LawBrokenError } from "./allocator/law-broken-error.ts";
export { LAWS as allocatorLaws } from "./allocator/laws/index.ts";
export type { Law, Moment, Snapshot } from "./allocator/moment.ts";
export { type Command, type CustomCommand, type Program, formatProgram } from "./allocator/program.ts";
export type { Breach } from "./allocator/breach.ts";
export type { FoundBreach } from "./allocator/search.ts";
export { type AllocatorView, checkInvariants } from "./allocator/check-invariants.ts";
export { type ModelSequence, ReferenceModel } from "./allocator/reference-model.ts";
export { KvCacheAllocator } from "./kv-cache-allocator.ts";
export { type ArrivalOptions, type ArrivalProcess, arrivalTimes } from "./arbitraries/arrivals.ts";
export { type ProgramOptions, type ProgramScale, programs } from "./arbitraries/programs.ts";
export {
  type PromptFamilies,
  type PromptOptions,
  type PromptRecipe,
  promptFamilies,
  promptLists,
  promptRecipes,
} from "./arbitraries/prompts.ts";
export { type RequestOptions, type TimedRequest, requests } from "./arbitraries/requests.ts";
export {
  type PolicyClaims,
  type PolicyConformanceOptions,
  type PolicyMakers,
  policyConformance,
} from "./policy-conformance.ts";
export { type FaultInjectionOptions, type FaultReport, type FaultSummary, faultInjection } from "./fault-injection.ts";
