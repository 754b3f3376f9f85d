import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { DeviceLostError, DisposedError } from "../errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { StepResult } from "../step.ts";
import { type Alarm, timeOr } from "./alarm.ts";
import { calibrateBudget } from "./calibration.ts";
import type { Device } from "./device.ts";
import type { KvEventRelay } from "./kv-event-relay.ts";
import type { EngineOptions } from "./options.ts";
import { forgetDevice, replaceDevice } from "./recovery.ts";
import type { Resets } from "./resets.ts";
import { asError } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { eventOf, issueStep, resultOf, type StepInFlight } from "./step-in-flight.ts";
import type { SwapCost } from "./swap-cost.ts";

/** What the loop works on. */
export interface LoopParts {
  readonly options: EngineOptions;
  readonly clock: () => number;
  readonly alarm: Alarm;
  readonly device: Device;
  readonly sessions: Sessions;
  readonly swapCost: SwapCost;
  readonly kvEvents: KvEventRelay;
  readonly resets: Resets;
}

/**
 * The engine's loop, which has all its awaits: schedule, execute, commit, with the next plan made while the device
 * works on the last one. It runs while a request, a step in flight or a reset is left. It sleeps until the next
 * deadline while nothing can be planned.
 */
export class Loop {
  /** Settles when the device is disposed; null until `close` or a crash. */
  closed: Promise<void> | null = null;
  readonly #scheduler: Scheduler;
  readonly #options: EngineOptions;
  readonly #clock: () => number;
  readonly #alarm: Alarm;
  readonly #device: Device;
  readonly #sessions: Sessions;
  readonly #swapCost: SwapCost;
  readonly #kvEvents: KvEventRelay;
  readonly #resets: Resets;
  readonly #inFlight: StepInFlight[] = [];
  /** When the last step ended, committed or failed. */
  #doneAt = Number.NEGATIVE_INFINITY;
  #frozen = false;
  #prepared = false;
  #running: Promise<void> | null = null;

  constructor(scheduler: Scheduler, parts: LoopParts) {
    this.#scheduler = scheduler;
    this.#options = parts.options;
    this.#clock = parts.clock;
    this.#alarm = parts.alarm;
    this.#device = parts.device;
    this.#sessions = parts.sessions;
    this.#swapCost = parts.swapCost;
    this.#kvEvents = parts.kvEvents;
    this.#resets = parts.resets;
  }

  /** Whether the loop has something to do. */
  get #isBusy(): boolean {
    return (
      this.#scheduler.size > 0 ||
      this.#inFlight.length > 0 ||
      this.#resets.isWanted ||
      (this.#device.lossIsNews && this.closed === null)
    );
  }

  /** Wakes the loop, or starts it. */
  start(): void {
    this.#alarm.ring();
    this.#running ??= this.#run().catch((error: unknown) => this.crash(error));
  }

  /**
   * Steps until nothing is left to do: a step that was planned ahead of the last end is waited for, too. Requests that
   * come meanwhile join at the next step.
   */
  async #run(): Promise<void> {
    // Yields once, so that the first step sees all requests submitted in the same turn.
    await Promise.resolve();
    if (!this.#prepared) await this.#prepare();
    while (this.#isBusy) {
      if (this.#device.loss !== null && this.#inFlight.length === 0) {
        await this.#replaceDevice();
        continue;
      }
      if (this.#resets.isWanted && this.#inFlight.length === 0) {
        this.#resets.perform(this.#scheduler, this.#clock());
        this.publish();
      }
      this.#plan();
      const step = this.#inFlight.shift();
      if (step !== undefined) await this.#finish(step);
      else if (this.#scheduler.size > 0) {
        await this.#alarm.wait(this.#frozen ? Number.POSITIVE_INFINITY : this.#scheduler.nextWakeAt);
      }
    }
    this.#running = null;
  }

  /** Takes the backend's measure while it has nothing else to do. */
  async #prepare(): Promise<void> {
    this.#prepared = true;
    const { backend } = this.#device;
    await this.#swapCost.measure(backend, this.#clock);
    await calibrateBudget(this.#options, {
      backend,
      clock: this.#clock,
      mayGoOn: () => !this.#frozen && this.closed === null && this.#device.loss === null,
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
        scheduler: this.#scheduler,
        device: this.#device,
        swapCost: this.#swapCost,
        clock: this.#clock,
      });
      this.publish();
      if (step === null) return;
      this.#inFlight.push(step);
    }
  }

  #commit(step: StepInFlight, result: StepResult): void {
    const now = this.#clock();
    const startedAt = Math.max(step.issuedAt, this.#doneAt);
    this.#doneAt = now;
    const outcome = this.#scheduler.commit(step.plan, result, now);
    if (outcome.tokenCount > 0) this.#device.worked();
    this.#sessions.deliver(outcome, result, this.#scheduler, now);
    this.publish();
    if (step.load !== null) this.#swapCost.observe(step.load, now - startedAt);
    this.#options.onStep?.(
      eventOf(step, { startedAt, doneAt: now, deliveredAt: this.#clock(), tokenBudget: this.#scheduler.tokenBudget }),
    );
  }

  /** Publishes what the scheduler's last call did. */
  publish(): void {
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
    if (this.#device.loss === null) this.#scheduler.rollback(step.plan, this.#doneAt, error);
    else forgetDevice(this.#scheduler, this.#clock());
    this.publish();
  }

  async #replaceDevice(): Promise<void> {
    forgetDevice(this.#scheduler, this.#clock());
    this.publish();
    await replaceDevice({
      scheduler: this.#scheduler,
      device: this.#device,
      sessions: this.#sessions,
      swapCost: this.#swapCost,
      clock: this.#clock,
    });
    this.publish();
  }

  /** A broken law: nothing that is under way can be trusted, so every stream ends. */
  crash(thrown: unknown): void {
    this.closed ??= this.#device.dispose();
    // `dispose` reports it.
    this.closed.catch(() => {});
    this.#sessions.crash(asError(thrown), timeOr(this.#clock, this.#doneAt));
    this.#resets.fail(asError(thrown));
  }

  /** Aborts all requests, lets the steps in flight end, and disposes the device. Idempotent. */
  close(): Promise<void> {
    this.closed ??= this.#shutDown();
    return this.closed;
  }

  /** No further step is planned, and no deadline passes, until `unfreeze`. Steps in flight end. */
  freeze(): void {
    this.#frozen = true;
    this.#alarm.ring();
  }

  unfreeze(): void {
    this.#frozen = false;
    this.start();
  }

  async #shutDown(): Promise<void> {
    for (const id of this.#sessions.ids) this.#scheduler.abort(id, this.#clock());
    this.publish();
    this.#resets.fail(new DisposedError("the engine was disposed before its prefix cache was reset"));
    this.#alarm.ring();
    await this.#running;
    await this.#device.dispose();
  }
}
