import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { DeviceLostError, DisposedError } from "../errors.ts";
import type { Request, RequestId, RequestInput } from "../request.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { StepResult } from "../step.ts";
import { checkSignal } from "./abort-signals.ts";
import { Alarm, platformTimer, steadyClock, timeOr } from "./alarm.ts";
import { beamSearchOf, type Beam, type BeamSearchRequest } from "./beam-search.ts";
import { calibrateBudget } from "./calibration.ts";
import { Device } from "./device.ts";
import { evictionLoss } from "./eviction-loss.ts";
import { KvEventRelay } from "./kv-event-relay.ts";
import {
  schedulerOptions,
  type EngineExplanation,
  type EngineOptions,
  type EngineRequest,
  type EngineStats,
  type PrefixQuery,
  type PromptInput,
} from "./options.ts";
import { infoOf } from "./option-checks.ts";
import { promptTokenIdsOf, stopsOf, tokenizerOf } from "./prompt.ts";
import { recorderOf } from "./recording/trace-recorder.ts";
import { requestInputOf } from "./request-input.ts";
import { forgetDevice, replaceDevice } from "./recovery.ts";
import { Resets } from "./resets.ts";
import { asError } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { eventOf, issueStep, resultOf, type StepInFlight } from "./step-in-flight.ts";
import { SwapCost } from "./swap-cost.ts";
import type { TokenStream } from "./token-stream.ts";

/** Between two looks at masks that are not ready: shorter than a step. */
const MASK_SECONDS = 0.001;

/**
 * Runs requests on a backend: schedule -> execute -> commit, with the next plan made while the device works on the
 * last.
 *
 * The only asynchronous part of the core. Requests are isolated: each stream is what the request would give alone.
 */
export class Engine implements AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly #options: EngineOptions;
  readonly #clock: () => number;
  readonly #alarm: Alarm;
  readonly #device: Device;
  readonly #sessions: Sessions;
  readonly #swapCost: SwapCost;
  readonly #inFlight: StepInFlight[] = [];
  readonly #resets = new Resets();
  readonly #kvEvents: KvEventRelay;
  /** When the last step was done, well or not. */
  #doneAt = Number.NEGATIVE_INFINITY;
  #frozen = false;
  #prepared = false;
  #draining = false;
  #running: Promise<void> | null = null;
  #disposed: Promise<void> | null = null;

  constructor(options: EngineOptions) {
    const { backend, recover, timer = platformTimer } = options;
    const info = infoOf(options);
    this.#options = options;
    this.#clock = steadyClock(options.clock ?? (() => performance.now() / 1000));
    this.#alarm = new Alarm(this.#clock, timer);
    this.#device = new Device({ backend, recover, onLost: () => this.#start() });
    const onError = (error: unknown): void => this.#crash(error);
    this.#sessions = new Sessions(options.tokenizer, recorderOf(options.record, info, onError));
    this.#swapCost = new SwapCost(info);
    this.#kvEvents = new KvEventRelay(options.onKvEvent, onError);
    this.scheduler = new Scheduler({
      ...schedulerOptions(options, info),
      worthSwapping:
        options.worthSwapping ?? ((block) => this.#swapCost.isWorth(evictionLoss(this.scheduler.kv, block))),
      onKvEvent: this.#kvEvents.note,
      onEnd: (request) => this.#sessions.noteEnd(request),
    });
    if (options.budget?.sizes !== undefined) this.#start();
  }

  /**
   * Takes a request in and returns its answer as a stream. Throws, with nothing changed: `InvalidRequestError`,
   * `InfeasibleRequestError`, `QueueFullError`, `DisposedError`.
   */
  submit(request: EngineRequest & PromptInput): TokenStream {
    const id = request.id ?? this.#sessions.freeId();
    const stop = stopsOf(request, this.#options);
    const entry = this.#take(requestInputOf(id, request, this.#options), request.signal);
    return this.#begin(id, request.signal, (abort) =>
      this.#sessions.open({ request: entry, input: { ...request, stop }, submittedAt: entry.arrival, abort }),
    );
  }

  /**
   * The `width` likeliest continuations, best first. Throws what `submit` throws; rejects with the request's error,
   * where `signal` aborts it with the signal's reason, and with an `AbortedError` where `abort` or `dispose` ends it.
   */
  beamSearch(request: BeamSearchRequest & PromptInput): Promise<readonly Beam[]> {
    const id = request.id ?? this.#sessions.freeId();
    const { input, search } = beamSearchOf({ ...request, id }, this.#options);
    this.#take(input, request.signal);
    return this.#begin(id, request.signal, (abort) =>
      this.#sessions.openSearch({ search, signal: request.signal, abort }),
    );
  }

  /**
   * Ends a request, or one choice of it, in any state; its blocks are back at once. Unknown and ended ids are nothing
   * to do.
   */
  abort(id: RequestId, choice?: number): void {
    this.scheduler.abort(id, this.#clock(), choice);
    this.#publish();
    // It may have been what the loop waits for.
    this.#alarm.ring();
  }

  /**
   * Takes a request, or one choice of it, out of the running until `resume` (a beam search always as a whole): it keeps
   * its tokens and gives its blocks back. False where it is unknown or paused already.
   */
  pause(id: RequestId, choice?: number): boolean {
    return (
      this.#sessions.searchOf(id)?.pause(this.scheduler, this.#clock()) ??
      this.scheduler.pause(id, this.#clock(), choice)
    );
  }

  /** Lets a paused request, or one choice of it, wait for its turn again. False where it is not paused. */
  resume(id: RequestId, choice?: number): boolean {
    const resumed =
      this.#sessions.searchOf(id)?.resume(this.scheduler, this.#clock()) ??
      this.scheduler.resume(id, this.#clock(), choice);
    this.#start();
    return resumed;
  }

  /**
   * No further step is planned until `unfreeze`, and no request's time runs out; steps in flight end, requests keep
   * their blocks.
   */
  freeze(): void {
    this.#frozen = true;
    this.#alarm.ring();
  }

  unfreeze(): void {
    this.#frozen = false;
    this.#start();
  }

  /**
   * Empties the prefix cache and its host tier once the steps in flight have ended; none is planned until then. Running
   * requests keep their blocks, uncached; with `recompute` they compute all their tokens again, as new weights need it.
   * Rejects where the engine ends first.
   */
  resetPrefixCache(options: { readonly recompute?: boolean } = {}): Promise<void> {
    if (this.#disposed !== null) {
      return Promise.reject(new DisposedError("resetPrefixCache() on an engine that was disposed"));
    }
    const done = this.#resets.add(options.recompute === true);
    this.#start();
    return done;
  }

  /** Seconds on the engine's clock, which `deadline` and all times that the engine gives are on. */
  now(): number {
    return this.#clock();
  }

  /**
   * Why the request is where it is, of several choices the first that has not ended; undefined for one that is unknown
   * or ended.
   */
  explain(id: RequestId, choice?: number): EngineExplanation | undefined {
    const explanation = this.scheduler.explain(id, choice);
    return explanation && { ...explanation, tokenBudget: this.scheduler.tokenBudget, stepTime: this.#stepTime };
  }

  /**
   * How many tokens of a prompt its request would find in the prefix cache now: all but the last one at most, which is
   * always computed.
   */
  cachedTokens(query: PrefixQuery & PromptInput): number {
    const tokens = Int32Array.from(promptTokenIdsOf(query, this.#options));
    return this.scheduler.kv.cachedTokens({ tokens, salt: query.cacheSalt ?? "", adapterId: query.adapterId ?? 0 });
  }

  /** The ids that `submit` would make of a prompt. Throws what `submit` throws of one. */
  tokenize(prompt: PrefixQuery & PromptInput): ArrayLike<number> {
    return promptTokenIdsOf(prompt, this.#options);
  }

  /** Text of ids, as `Tokenizer.decode` gives it. Throws `InvalidRequestError` where the engine has no tokenizer. */
  detokenize(tokenIds: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string {
    return tokenizerOf("token ids", this.#options).decode(tokenIds, options);
  }

  stats(): EngineStats {
    return { ...this.scheduler.stats(), stepTime: this.#stepTime };
  }

  /** Takes no more requests, and resolves once all have ended. Idempotent; `abort` and `dispose` hasten it. */
  async drain(): Promise<void> {
    this.#draining = true;
    while (this.#running !== null) await this.#running;
  }

  /**
   * Aborts what runs and waits, lets the steps in flight end, and gives the backend back. Idempotent. Rejects where the
   * backend's `dispose` does.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#shutDown();
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #take(input: RequestInput, signal: AbortSignal | undefined): Request {
    checkSignal(signal);
    if (this.#disposed !== null) throw new DisposedError("submit() on an engine that was disposed");
    if (this.#draining) throw new DisposedError("submit() on an engine that drains");
    return this.scheduler.submit(input, this.#clock());
  }

  /** Lets a request that was taken in run, with whoever listens to it. */
  #begin<T>(id: RequestId, signal: AbortSignal | undefined, open: (abort: () => void) => T): T {
    const abort = (): void => this.abort(id);
    try {
      return open(abort);
    } catch (error) {
      abort();
      throw error;
    } finally {
      if (signal?.aborted === true) abort();
      this.#start();
    }
  }

  get #stepTime(): EngineStats["stepTime"] {
    return this.#options.budget?.fit ?? null;
  }

  /** Whether the loop has something to do. */
  get #isBusy(): boolean {
    return (
      this.scheduler.size > 0 ||
      this.#inFlight.length > 0 ||
      this.#resets.isWanted ||
      (this.#device.lossIsNews && this.#disposed === null)
    );
  }

  #start(): void {
    this.#alarm.ring();
    this.#running ??= this.#run().catch((error: unknown) => this.#crash(error));
  }

  /**
   * Steps until nothing is left to do: a step that was planned ahead of the last end is waited for, too. Requests that
   * come meanwhile join at the next step.
   */
  async #run(): Promise<void> {
    // A turn for those who submit many requests at once: the first step then sees them all.
    await Promise.resolve();
    if (!this.#prepared) await this.#prepare();
    while (this.#isBusy) {
      if (this.#device.loss !== null && this.#inFlight.length === 0) {
        await this.#replaceDevice();
        continue;
      }
      if (this.#resets.isWanted && this.#inFlight.length === 0) {
        this.#resets.perform(this.scheduler, this.#clock());
        this.#publish();
      }
      this.#plan();
      const step = this.#inFlight.shift();
      if (step !== undefined) await this.#finish(step);
      else if (this.scheduler.size > 0) await this.#alarm.wait(this.#nextWakeAt);
    }
    this.#running = null;
  }

  /** When the loop has to look again, where no step is on the device. A mask is looked at again soon. */
  get #nextWakeAt(): number {
    if (this.#frozen) return Number.POSITIVE_INFINITY;
    const { idleReason, nextWakeAt } = this.scheduler;
    return idleReason === "mask" ? Math.min(nextWakeAt, this.#clock() + MASK_SECONDS) : nextWakeAt;
  }

  /** Takes the backend's measure while it has nothing else to do. */
  async #prepare(): Promise<void> {
    this.#prepared = true;
    const { backend } = this.#device;
    await this.#swapCost.measure(backend, this.#clock);
    await calibrateBudget(this.#options, {
      backend,
      clock: this.#clock,
      mayGoOn: () => !this.#frozen && this.#disposed === null && this.#device.loss === null,
    });
  }

  async #finish(step: StepInFlight): Promise<void> {
    let result: StepResult;
    try {
      result = await resultOf(step, this.#device.backend.info);
    } catch (error) {
      return this.#takeBack(step, error);
    }
    this.#commit(step, result);
  }

  /** Hands the device plans until it has one to do and one to follow. */
  #plan(): void {
    while (
      !this.#frozen &&
      !this.#resets.isWanted &&
      this.#device.loss === null &&
      this.#inFlight.length < MAX_PLANS_IN_FLIGHT
    ) {
      const step = issueStep({
        scheduler: this.scheduler,
        device: this.#device,
        swapCost: this.#swapCost,
        clock: this.#clock,
      });
      this.#publish();
      if (step === null) return;
      this.#inFlight.push(step);
    }
  }

  #commit(step: StepInFlight, result: StepResult): void {
    const now = this.#clock();
    const startedAt = Math.max(step.issuedAt, this.#doneAt);
    this.#doneAt = now;
    const outcome = this.scheduler.commit(step.plan, result, now);
    if (outcome.tokenCount > 0) this.#device.worked();
    this.#sessions.deliver(outcome, result, this.scheduler, now);
    this.#publish();
    if (step.load !== null) this.#swapCost.observe(step.load, now - startedAt);
    this.#options.onStep?.(
      eventOf(step, { startedAt, doneAt: now, deliveredAt: this.#clock(), tokenBudget: this.scheduler.tokenBudget }),
    );
  }

  /** What the scheduler's last call did, for those outside. */
  #publish(): void {
    this.#sessions.closeEnded(this.#clock());
    this.#kvEvents.tell();
  }

  /**
   * A step failed: it is taken back with what was planned on it, or, where the device is gone, everything moves to
   * another one.
   */
  async #takeBack(step: StepInFlight, error: unknown): Promise<void> {
    const behind = this.#inFlight.splice(0);
    await Promise.allSettled(behind.map(({ result }) => result));
    this.#doneAt = this.#clock();
    if (error instanceof DeviceLostError) this.#device.lose(error);
    if (this.#device.loss === null) this.scheduler.rollback(step.plan, this.#doneAt, error);
    else forgetDevice(this.scheduler, this.#clock());
    this.#publish();
  }

  async #replaceDevice(): Promise<void> {
    forgetDevice(this.scheduler, this.#clock());
    this.#publish();
    await replaceDevice({
      scheduler: this.scheduler,
      device: this.#device,
      sessions: this.#sessions,
      swapCost: this.#swapCost,
      clock: this.#clock,
    });
    this.#publish();
  }

  /** A broken law: nothing that is under way can be trusted, so nobody is left waiting for it. */
  #crash(thrown: unknown): void {
    this.#disposed ??= this.#device.dispose();
    this.#disposed.catch(() => {}); // dispose() returns it, and its caller is told
    this.#sessions.crash(asError(thrown), timeOr(this.#clock, this.#doneAt));
    this.#resets.fail(asError(thrown));
  }

  async #shutDown(): Promise<void> {
    for (const id of this.#sessions.ids) this.abort(id);
    this.#resets.fail(new DisposedError("the engine was disposed before its prefix cache was reset"));
    this.#alarm.ring();
    await this.#running;
    await this.#device.dispose();
  }
}
