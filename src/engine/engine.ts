import type { Backend } from "../backends/backend.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { DeviceLostError, DisposedError, InvalidRequestError } from "../errors.ts";
import type { Request, RequestId } from "../request.ts";
import type { Explanation } from "../scheduler/explanation.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { SchedulerStats } from "../scheduler/stats.ts";
import type { StepOutcome } from "../scheduler/step-outcome.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { assertLike, assertWithin, platformTimer, type EngineOptions, type EngineRequest } from "./options.ts";
import { logprobsOf, Session } from "./session.ts";
import { StopStrings } from "./stop-strings.ts";
import { SwapCost } from "./swap-cost.ts";
import { TokenStream } from "./token-stream.ts";

interface Step {
  readonly plan: StepPlan;
  readonly result: Promise<StepResult>;
  readonly startedAt: number;
  readonly planSeconds: number;
}

/**
 * Runs requests on a backend: schedule -> execute -> commit, with the next plan made while the device works on the last.
 *
 * The only asynchronous part of the core. Requests are isolated: each stream is what the request would give alone.
 */
export class Engine implements AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly #options: EngineOptions;
  readonly #clock: () => number;
  /** By id, a session for each choice. */
  readonly #sessions = new Map<RequestId, readonly Session[]>();
  readonly #inFlight: Step[] = [];
  /** Ended requests whose streams still have to be told: after the tokens of the same step. */
  readonly #ended: Request[] = [];
  #backend: Backend;
  #frozen = false;
  readonly #swapCost: SwapCost;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #disposed: Promise<void> | null = null;
  #nextId = 0;

  constructor(options: EngineOptions) {
    const { backend } = options;
    const { info } = backend;
    assertWithin(options, info);
    this.#options = options;
    this.#backend = backend;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#swapCost = new SwapCost(info.blockSize);
    this.scheduler = new Scheduler({
      ...options,
      worthSwapping: options.worthSwapping ?? (() => this.#swapCost.worthSwapping),
      hostBlockCount: options.hostBlockCount ?? info.hostBlockCount,
      blockCount: options.blockCount ?? info.blockCount,
      blockSize: info.blockSize,
      maxRequests: options.maxRequests ?? info.maxRequests,
      tokenBudget: options.tokenBudget ?? info.maxTokens,
      contextLength: options.contextLength ?? info.contextLength,
      groups: info.groups,
      onEnd: (request) => this.#ended.push(request),
    });
  }

  /**
   * Takes a request in and returns its answer as a stream. Throws, with nothing changed: `InvalidRequestError`,
   * `InfeasibleRequestError`, `QueueFullError`, `DisposedError`.
   */
  submit(request: EngineRequest): TokenStream {
    if (this.#disposed !== null) throw new DisposedError("submit() on an engine that was disposed");
    const id = request.id ?? this.#freeId();
    // Checked before anything is changed.
    void new StopStrings(request.stop);
    if (request.stop?.length && this.#options.tokenizer === undefined) throw new InvalidRequestError("stop strings need an engine with a tokenizer");
    const now = this.#clock();
    const entry = this.scheduler.submit({ ...request, id, promptTokenIds: this.#promptTokenIds(request), stopTokenIds: this.#stopTokenIds(request) }, now);
    return this.#open(entry, request, now);
  }

  /** Ends a request, or one choice of it, in any state; its blocks are back at once. Unknown and ended ids are nothing to do. */
  abort(id: RequestId, choice?: number): void {
    this.scheduler.abort(id, this.#clock(), choice);
    this.#closeEnded();
  }

  /** Takes a request, or one choice of it, out of the running until `resume`: it keeps its tokens and gives its blocks back. False where it is unknown or paused already. */
  pause(id: RequestId, choice?: number): boolean {
    return this.scheduler.pause(id, this.#clock(), choice);
  }

  /** Lets a paused request, or one choice of it, wait for its turn again. False where it is not paused. */
  resume(id: RequestId, choice?: number): boolean {
    const resumed = this.scheduler.resume(id, this.#clock(), choice);
    this.#start();
    return resumed;
  }

  /** No further step is planned until `unfreeze`, and nobody's time runs out; steps in flight end, requests keep their blocks. */
  freeze(): void {
    this.#frozen = true;
  }

  unfreeze(): void {
    this.#frozen = false;
    this.#start();
  }

  /** Why the request is where it is, of several choices the first that has not ended; undefined for one that is unknown or ended. */
  explain(id: RequestId, choice?: number): Explanation | undefined {
    return this.scheduler.explain(id, choice);
  }

  stats(): SchedulerStats {
    return this.scheduler.stats();
  }

  /** Aborts what runs and waits, lets the steps in flight end, and gives the backend back. Idempotent. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#shutDown();
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #open({ id, tokens, promptTokenCount, choice }: Request, { n = 1, stop, signal }: EngineRequest, submittedAt: number): TokenStream {
    const abort = (): void => this.abort(id);
    const stream = new TokenStream({ id, promptTokenIds: tokens.slice(0, promptTokenCount), abort, n, choice });
    let open = n;
    const onEnd = (): void => {
      if (--open > 0) return;
      signal?.removeEventListener("abort", abort);
      this.#sessions.delete(id);
    };
    const { tokenizer } = this.#options;
    this.#sessions.set(id, Array.from({ length: n }, (_, i) => new Session({ choice: choice + i, stream, tokenizer, stops: new StopStrings(stop), submittedAt, onEnd })));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    this.#start();
    return stream;
  }

  #sessionOf({ id, choice }: Request): Session | undefined {
    return this.#sessions.get(id)?.find((session) => session.choice === choice);
  }

  /** A number that no request has: callers may choose numbers too. */
  #freeId(): number {
    while (this.#sessions.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #promptTokenIds({ prompt, promptTokenIds }: EngineRequest): ArrayLike<number> {
    if ((prompt === undefined) === (promptTokenIds === undefined)) throw new InvalidRequestError("exactly one of prompt and promptTokenIds is needed");
    const { tokenizer, backend } = this.#options;
    if (prompt !== undefined && tokenizer === undefined) throw new InvalidRequestError("a text prompt needs an engine with a tokenizer");
    const ids = promptTokenIds ?? tokenizer!.encode(prompt!);
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] >= backend.info.vocabSize) throw new InvalidRequestError(`promptTokenIds[${i}] is ${ids[i]}, the vocabulary has ${backend.info.vocabSize} ids`);
    }
    return ids;
  }

  #stopTokenIds({ stopTokenIds = [], ignoreStopTokenIds = false }: EngineRequest): readonly number[] {
    return ignoreStopTokenIds ? stopTokenIds : [...(this.#options.stopTokenIds ?? []), ...stopTokenIds];
  }

  #start(): void {
    this.#wake?.();
    this.#running ??= this.#run().catch((error: unknown) => this.#crash(error));
  }

  /** Steps until nothing is left to do: a step that was planned ahead of the last end is waited for, too. Requests that come meanwhile join at the next step. */
  async #run(): Promise<void> {
    // A turn for those who submit many requests at once: the first step then sees them all.
    await Promise.resolve();
    if (this.#backend.info.hostBlockCount > 0 && this.scheduler.stats().steps === 0) await this.#swapCost.measure(this.#backend, this.#clock);
    while (this.scheduler.size > 0 || this.#inFlight.length > 0) {
      this.#plan();
      const step = this.#inFlight.shift();
      if (step !== undefined) await this.#finish(step);
      else if (this.scheduler.size > 0) await this.#sleep(this.#frozen ? Number.POSITIVE_INFINITY : this.scheduler.nextWakeAt);
    }
    this.#running = null;
  }

  async #finish(step: Step): Promise<void> {
    let result: StepResult;
    try {
      result = await step.result;
    } catch (error) {
      return this.#recover(step, error);
    }
    this.#commit(step, result);
  }

  /** Until a request comes, one is resumed, or the time is there. */
  async #sleep(until: number): Promise<void> {
    const { timer = platformTimer } = this.#options;
    let cancel: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (until < Number.POSITIVE_INFINITY) cancel = timer(until - this.#clock(), resolve);
    });
    cancel?.();
    this.#wake = null;
  }

  /** Hands the device plans until it has one to do and one to follow. */
  #plan(): void {
    while (!this.#frozen && this.#inFlight.length < MAX_PLANS_IN_FLIGHT) {
      const startedAt = this.#clock();
      const plan = this.scheduler.schedule(startedAt);
      this.#closeEnded();
      if (plan === null) return;
      const planSeconds = this.#clock() - startedAt;
      const result = this.#backend.execute(plan);
      // A plan behind a failing one is rejected too, and nobody awaits it.
      result.catch(() => {});
      this.#inFlight.push({ plan, result, startedAt, planSeconds });
    }
  }

  #commit(step: Step, result: StepResult): void {
    const { index, tokenCount, requestCount, sampleCount } = step.plan;
    const now = this.#clock();
    this.#deliver(this.scheduler.commit(step.plan, result, now), result, now);
    this.#swapCost.observe(tokenCount, requestCount, now - step.startedAt);
    const tokenBudget = this.scheduler.tokenBudget;
    const hostSeconds = step.planSeconds + this.#clock() - now;
    this.#options.onStep?.({ index, tokenCount, requestCount, sampleCount, tokenBudget, startedAt: step.startedAt, seconds: now - step.startedAt, hostSeconds });
  }

  #deliver(outcome: StepOutcome, result: StepResult, now: number): void {
    for (let i = 0; i < outcome.tokenCount; i++) {
      const request = outcome.requests[i];
      const isLast = i + 1 === outcome.tokenCount || outcome.requests[i + 1] !== request;
      const stopped = this.#sessionOf(request)!.accept(outcome.tokenIds[i], now, isLast && request.finishReason === "stop", logprobsOf(request, result, outcome.sampleIndices[i]));
      if (stopped) this.scheduler.finish(request.id, "stop", now, request.choice);
    }
    this.#closeEnded();
  }

  #closeEnded(): void {
    const now = this.#clock();
    for (const request of this.#ended.splice(0)) this.#sessionOf(request)?.end(request.finishReason!, request.error, now);
  }

  /** A step failed: it is taken back with what was planned on it, or, where the device is gone, everything moves to another one. */
  async #recover(step: Step, error: unknown): Promise<void> {
    const behind = this.#inFlight.splice(0);
    await Promise.allSettled(behind.map(({ result }) => result));
    if (error instanceof DeviceLostError) await this.#replaceBackend(error);
    else this.scheduler.rollback(step.plan, this.#clock(), error);
    this.#closeEnded();
  }

  async #replaceBackend(error: DeviceLostError): Promise<void> {
    this.scheduler.invalidateDevice(this.#clock());
    // The host tier is the backend's memory, and goes with it.
    this.scheduler.invalidateHostTier();
    await this.#backend.dispose();
    if (this.#options.recover === undefined || this.#disposed !== null) return this.#failAll(error);
    try {
      const backend = await this.#options.recover();
      assertLike(backend.info, this.#backend.info);
      this.#backend = backend;
    } catch (cause) {
      this.#failAll(new DeviceLostError(`${error.message}; no other device could be made: ${String(cause)}`, { cause }));
    }
  }

  #failAll(error: Error): void {
    for (const id of this.#sessions.keys()) this.scheduler.fail(id, error, this.#clock());
    this.#closeEnded();
  }

  /** A broken law: nothing that is under way can be trusted, so nobody is left waiting for it. */
  #crash(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#disposed ??= this.#backend.dispose();
    for (const session of [...this.#sessions.values()].flat()) session.end("error", reason, this.#clock());
  }

  async #shutDown(): Promise<void> {
    for (const id of this.#sessions.keys()) this.abort(id);
    this.#wake?.();
    await this.#running;
    await this.#backend.dispose();
  }
}
