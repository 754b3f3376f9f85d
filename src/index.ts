export { AssertionError } from "./assert.ts";
export type { Backend, BackendInfo } from "./backends/backend.ts";
export { MAX_TOP_LOGPROBS, NULL_BLOCK } from "./config.ts";
export * from "./errors.ts";
export { editLogits, isEdited } from "./sampling/edits.ts";
export { createLogprobColumns, LogprobWriter } from "./sampling/logprobs.ts";
export { Sampler } from "./sampling/sample.ts";
export { Engine } from "./engine/engine.ts";
export type { Beam, BeamSearchRequest } from "./engine/beam-search.ts";
export type {
  EngineExplanation,
  EngineOptions,
  EngineRequest,
  EngineStats,
  PrefixQuery,
  PromptInput,
  StepEvent,
} from "./engine/options.ts";
export type { GrammarProvider } from "./engine/response-format.ts";
export type { ResponseFormat } from "./response-format.ts";
export type {
  AnswerEnd,
  Choice,
  Completion,
  TokenDelta,
  TokenLogprobs,
  TokenStream,
  Usage,
} from "./engine/token-stream.ts";
export { layerGroups, plainDecoder } from "./decoder.ts";
export type {
  Activation,
  BiasConfig,
  DecoderConfig,
  DecoderSizes,
  ExpertConfig,
  LayerConfig,
  LayerGroup,
  NormConfig,
} from "./decoder.ts";
export { KV_TYPES, kvHeadBytes, type KvType } from "./kv-type.ts";
export type {
  AdaptedPart,
  Adapter,
  BlockDType,
  DType,
  LayerWeights,
  LazyTensor,
  Model,
  Tensor,
  TensorInfo,
} from "./model.ts";
export { type RopeConfig, ropeInverseFrequencies, ropeMagnitude, type RopeScaling } from "./rope.ts";
export type {
  FinishReason,
  Request,
  RequestId,
  RequestInput,
  RequestState,
  RequestView,
  LogitsContext,
  LogitsProcessor,
  Retention,
} from "./request.ts";
export type { SamplingParams } from "./sampling-params.ts";
export type { TokenMask } from "./token-mask.ts";
export { Scheduler, type IdleReason } from "./scheduler/scheduler.ts";
export { DecisionLog, type Decision, type DecisionKind } from "./scheduler/inspect/decision-log.ts";
export { chromeTrace, type TraceEvent } from "./scheduler/inspect/trace.ts";
export type { BlockOwner } from "./scheduler/inspect/block-owners.ts";
export type { Explanation } from "./scheduler/inspect/explanation.ts";
export type { SchedulerOptions } from "./scheduler/options.ts";
export type { SchedulerStats } from "./scheduler/inspect/stats.ts";
export type { StepOutcome } from "./scheduler/outcome.ts";
export type {
  ChatDelta,
  ChatMessage,
  ChatOutputParser,
  ChatPrompt,
  ChatRenderOptions,
  ChatTemplate,
  ChatToolCall,
  ChatValue,
} from "./chat.ts";
export { IncrementalDetokenizer, type EncodeOptions, type TextPart, type Tokenizer } from "./tokenizer.ts";
export {
  type EditColumns,
  type PlanGroup,
  SAMPLE_NOT_FINITE,
  type SamplingColumns,
  type StepPlan,
  type StepResult,
} from "./step.ts";
export type { AdmissionPolicy, AdmissionView } from "./policies/admission/admission-policy.ts";
export { estimated } from "./policies/admission/estimated.ts";
export { maxUtilization } from "./policies/admission/max-utilization.ts";
export { noEvict } from "./policies/admission/no-evict.ts";
export { pastFuture } from "./policies/admission/past-future.ts";
export { reserveContext } from "./policies/admission/reserve-context.ts";
export { watermark } from "./policies/admission/watermark.ts";
export type { BudgetPolicy } from "./policies/budget/budget-policy.ts";
export { fixed } from "./policies/budget/fixed.ts";
export { measured, type MeasuredBudget, type MeasuredOptions } from "./policies/budget/measured.ts";
export type { StepTimeFit } from "./policies/budget/step-time-fit.ts";
export { rooflineBudget, type RooflineBudgetOptions } from "./policies/budget/roofline-budget.ts";
export type { PreemptionPolicy } from "./policies/preemption/preemption-policy.ts";
export { fewestComputed } from "./policies/preemption/fewest-computed.ts";
export { lastIn } from "./policies/preemption/last-in.ts";
export { lowestPriority } from "./policies/preemption/lowest-priority.ts";
export type { PrefixView, QueuePolicy } from "./policies/queue/queue-policy.ts";
export { dlpm, type DlpmOptions } from "./policies/queue/dlpm.ts";
export { edf } from "./policies/queue/edf.ts";
export { fcfs } from "./policies/queue/fcfs.ts";
export { hrrn } from "./policies/queue/hrrn.ts";
export { lpm, type LpmOptions } from "./policies/queue/lpm.ts";
export { mlfq, type MlfqOptions } from "./policies/queue/mlfq.ts";
export { priority } from "./policies/queue/priority.ts";
export { sjf } from "./policies/queue/sjf.ts";
export { outputHistory } from "./policies/output-history.ts";
export type { LengthPredictor } from "./policies/length-predictor.ts";
export { vtc, type VtcOptions } from "./policies/queue/vtc.ts";
export type { Drafter } from "./policies/drafting/drafter.ts";
export { promptLookup } from "./policies/drafting/prompt-lookup.ts";
export type { ChunkPolicy, ChunkStep } from "./prefill/chunk-policy.ts";
export { equalProgress } from "./prefill/equal-progress.ts";
export {
  admissionNamed,
  budgetNamed,
  evictionNamed,
  preemptionNamed,
  queueNamed,
  type BudgetSetup,
} from "./policies/names.ts";
export { chunkingNamed } from "./prefill/names.ts";
export { fcfs as fcfsChunks } from "./prefill/fcfs.ts";
export { none } from "./prefill/none.ts";
export { slo, type SloOptions } from "./prefill/slo.ts";
export type { CachedBlocks, EvictionPolicy, EvictionStorage } from "./blocks/eviction.ts";
export { costAware } from "./policies/eviction/cost-aware.ts";
export { lfu } from "./policies/eviction/lfu.ts";
export { lru } from "./policies/eviction/lru.ts";
export { priority as retentionPriority } from "./policies/eviction/priority.ts";
export { BlockPool, type BlockState } from "./blocks/block-pool.ts";
export { bytesPerBlock, blocksHeld, sequencesThatFit, type KvShape } from "./blocks/accounting.ts";
export type { KvEvent, Tier } from "./blocks/events.ts";
export { drawPool, poolMap, type PoolMap } from "./blocks/inspect.ts";
export { StepJournal } from "./blocks/step-journal.ts";
export { KvCache } from "./blocks/kv-cache.ts";
export type { KvCacheOptions } from "./blocks/kv-cache-options.ts";
