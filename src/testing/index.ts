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
