import { SimulatedDevice } from "../backends/simulated/index.ts";
import { InfeasibleRequestError, QueueFullError } from "../errors.ts";
import type { StepLoad } from "../roofline/index.ts";
import { fcfs } from "../policies/queue/fcfs.ts";
import type { Request } from "../request.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { SchedulerStats } from "../scheduler/inspect/stats.ts";
import type { StepOutcome } from "../scheduler/outcome.ts";
import type { StepPlan, StepResult } from "../step.ts";
import type { Arrival } from "./arrival.ts";
import { fitContext } from "./context-limit.ts";
import { InFlight } from "./in-flight.ts";
import { Metrics, type StepSample } from "./metrics.ts";
import {
  MAX_WAITING_REQUESTS,
  MAX_WAITING_TOKENS,
  resolveSimulation,
  type ResolvedSimulation,
  type SimulationOptions,
} from "./options.ts";
import { firstTokenHash, PromptIds } from "./prompt-ids.ts";
import { watchQueue } from "./queue-watch.ts";

/** What became of the workload's requests; timed-out requests count in the first number alone. */
export interface RequestCounts {
  submitted: number;
  completed: number;
  /** Never to run, or too many waiting. */
  rejected: number;
  /** Cut to the context. */
  clipped: number;
  /** Left out for being beyond the context; not among the submitted. */
  dropped: number;
}

/**
 * Sees each step as it is committed: for tests, views and fits. `load` is what the step carried. Load, outcome and the
 * plan's counts are valid until it returns; the plan's columns may hold the next plan already.
 */
export type StepObserver = (plan: StepPlan, outcome: StepOutcome, now: number, load: StepLoad) => void;

/**
 * A virtual clock around the production scheduler: requests come at their times, a step takes as long as the simulated
 * device says, and nothing else moves time. Deterministic in its options.
 *
 * Law: submitted = completed + rejected + timed out once `run` is over; memory follows the requests in flight.
 */
export class Simulation {
  readonly config: ResolvedSimulation;
  readonly scheduler: Scheduler;
  readonly metrics: Metrics;
  readonly counts: RequestCounts = { submitted: 0, completed: 0, rejected: 0, clipped: 0, dropped: 0 };
  /** Seconds of the virtual clock. */
  now = 0;
  /** When the first request came; `Infinity` before. */
  firstAt = Number.POSITIVE_INFINITY;
  readonly #device: SimulatedDevice;
  readonly #inFlight = new InFlight();
  readonly #prompts: PromptIds;
  readonly #observe: StepObserver | undefined;
  readonly #sample: StepSample = {
    startedAt: 0,
    endedAt: 0,
    tokens: 0,
    requests: 0,
    heldBlocks: 0,
    waiting: 0,
    preemptions: 0,
  };
  /**
   * Every token produced is 0: what follows a prompt differs as its prompt does, and no prompt holds a 0, so prefixes
   * match as they would with the tokens of a real run, and none has to be made up.
   */
  readonly #result: StepResult;
  /**
   * Whether any request can find another one's blocks: otherwise half of a run's time goes into an index without hits.
   */
  readonly #sharesPrefixes: boolean;
  #taken = 0;
  /** The plan on the device; null where it idles. */
  #running: StepPlan | null = null;

  /** Throws `DeviceLimitError` where the weights leave no room, `InvalidOptionError` for a value out of range. */
  constructor(options: SimulationOptions, observe?: StepObserver) {
    const config = resolveSimulation(options);
    this.config = config;
    this.#observe = observe;
    const { blockCount, blockSize, maxRequests, policies, tokenBudget, contextLength, groups } = config;
    this.scheduler = new Scheduler({
      ...policies,
      queue: watchQueue(policies.queue ?? fcfs(), {
        enters: (request) => void (this.#sample.preemptions += request.state === "preempted" ? 1 : 0),
        leaves: (request, now) => this.#leftQueue(request as Request, now),
      }),
      tokenBudget,
      blockCount,
      blockSize,
      maxRequests,
      contextLength,
      groups,
      hash: firstTokenHash,
      maxWaitingRequests: MAX_WAITING_REQUESTS,
      maxWaitingTokens: MAX_WAITING_TOKENS,
      onEnd: (request) => this.#ended(request),
    });
    this.#sharesPrefixes = config.prefixCaching && (config.workload.sharesPrefixes ?? true);
    this.#result = { tokenIds: new Int32Array(maxRequests) };
    this.#device = new SimulatedDevice({ ...config, maxTokens: policies.budget?.maxTokens ?? tokenBudget });
    this.#prompts = new PromptIds(config.shape.vocabSize);
    this.metrics = new Metrics({ inFlight: this.#inFlight, blockCount, slo: config.slo });
  }

  /** Runs the workload to its end. Rejects with what the workload's `refill` rejects with. */
  async run(): Promise<void> {
    const { workload } = this.config;
    for (;;) {
      while (workload.starved && this.#wantsMore) await workload.refill();
      if (!this.advance()) return;
    }
  }

  /** Counters and gauges of the scheduler. */
  stats(): SchedulerStats {
    return this.scheduler.stats();
  }

  get #wantsMore(): boolean {
    return this.#taken < this.config.maxArrivals;
  }

  /** One step, or a jump to the next arrival. False when all is done that came so far. */
  advance(): boolean {
    this.#takeArrivals();
    const plan = this.#running ?? this.scheduler.schedule(this.now);
    if (plan !== null) {
      this.#runStep(plan);
      return true;
    }
    const { workload, frontEndSeconds } = this.config;
    if (!this.#wantsMore || workload.nextAt === Number.POSITIVE_INFINITY) return workload.starved && this.#wantsMore;
    this.now = Math.max(this.now, workload.nextAt + frontEndSeconds);
    return true;
  }

  /** Requests that the front end has passed on by now. */
  #takeArrivals(): void {
    const { workload, frontEndSeconds } = this.config;
    while (workload.nextAt + frontEndSeconds <= this.now && this.#wantsMore) {
      this.#taken++;
      this.#submit(workload.take());
    }
  }

  #submit(asked: Arrival): void {
    const { contextLength, overContext, workload } = this.config;
    this.firstAt = Math.min(this.firstAt, asked.at);
    const arrival = fitContext(asked, contextLength, overContext);
    if (arrival === null) {
      this.counts.dropped++;
      workload.ended?.(asked, null, this.now);
      return;
    }
    if (arrival !== asked) this.counts.clipped++;
    this.metrics.measured.add(asked);
    this.counts.submitted++;
    if (!this.#accept(arrival)) workload.ended?.(arrival, null, this.now);
  }

  #accept(arrival: Arrival): boolean {
    const number = this.#inFlight.open(arrival);
    const { deadlineSeconds } = arrival;
    try {
      this.scheduler.submit(
        {
          id: number,
          promptTokenIds: this.#prompts.make(arrival),
          maxTokens: arrival.outputTokens,
          skipPrefixCache: !this.#sharesPrefixes,
          client: arrival.client,
          priority: arrival.priority,
          deadline: deadlineSeconds === undefined ? undefined : arrival.at + deadlineSeconds,
        },
        arrival.at,
      );
      return true;
    } catch (error) {
      if (!(error instanceof InfeasibleRequestError || error instanceof QueueFullError)) throw error;
      this.counts.rejected++;
      this.#inFlight.close(number);
      return false;
    }
  }

  #runStep(plan: StepPlan): void {
    const sample = this.#sample;
    const { scheduler } = this;
    sample.startedAt = this.now;
    sample.tokens = plan.tokenCount;
    sample.requests = plan.requestCount;
    sample.waiting = scheduler.size - plan.requestCount;
    sample.heldBlocks = scheduler.kv.pool.heldCount;
    const seconds = this.#device.stepSeconds(plan);
    // The next step is decided while this one runs: what arrives later than now is not in it.
    this.#running = this.config.planAhead ? scheduler.schedule(this.now) : null;
    this.now += seconds;
    sample.endedAt = this.now;
    const outcome = scheduler.commit(plan, this.#result, this.now);
    this.metrics.step(sample, outcome);
    sample.preemptions = 0;
    this.#observe?.(plan, outcome, this.now, this.#device.load);
    for (let i = 0; i < outcome.finishedCount; i++) this.#finished(outcome.finished[i]);
  }

  #finished(request: Request): void {
    const number = request.id as number;
    this.counts.completed++;
    this.config.workload.ended?.(
      this.#inFlight.arrivals[number]!,
      request.tokens.subarray(0, request.tokenCount),
      this.now,
    );
    this.#inFlight.close(number);
  }

  /** Requests that time ended. Requests that a step finished are handled after its metrics. */
  #ended(request: Request): void {
    if (request.finishReason !== "error") return;
    const number = request.id as number;
    this.config.workload.ended?.(this.#inFlight.arrivals[number]!, null, this.now);
    this.#inFlight.close(number);
  }

  /** Notes a first admission. A request that ends in the queue has no token, so its note is not read. */
  #leftQueue(request: Request, now: number): void {
    const number = request.id as number;
    const { startedAt } = this.#inFlight;
    if (startedAt[number] < 0) startedAt[number] = now;
  }
}
