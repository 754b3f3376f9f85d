import { assert } from "../assert.ts";
import { MAX_LOSSES } from "../engine/device.ts";
import { Engine } from "../engine/engine.ts";
import type { TokenDelta } from "../engine/token-stream.ts";
import { DisposedError, InfeasibleRequestError, QueueFullError } from "../errors.ts";
import { measured } from "../policies/budget/measured.ts";
import { fcfs } from "../policies/queue/fcfs.ts";
import { DecisionLog } from "../scheduler/inspect/decision-log.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import { FaultClient } from "./fault-client.ts";
import { CALM, drawFaults, type Faults } from "./fault-draws.ts";
import { ContextSubject, type FaultSubject } from "./fault-subject.ts";
import type { DeviceFlaws, FailingBackend } from "./faulty-device.ts";
import { policyOptions, type PolicyMakers } from "./policy-cases/policy-case.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { watchedQueue } from "./watched-queue.ts";

/** Many times what the slowest of 20,000 seeds took: a run beyond it is wedged. */
const MAX_TURNS = 20_000;

/** From then on nothing fails any more, and everything has to end. */
const CALM_AFTER = MAX_TURNS / 2;

/** Microtasks that a turn waits for: an answer passes through fewer than ten promises on its way to a reader. */
const TICKS_A_TURN = 24;

/** Decisions kept for a failing seed's story, and hashed. */
const LOG_CAPACITY = 200_000;

/** Seeds of what was thought of later: no seed of a run is so large. */
const LATER = 2 ** 40;

/** Seeds of what steers the logits. */
const STEERING = 2 ** 43;

/** How a run went: equal seeds have equal reports. */
export interface FaultReport {
  readonly turns: number;
  /** Choices by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of every decision of the scheduler. */
  readonly decisionHash: number;
}

/**
 * One seed through the production engine and scheduler, on a virtual clock and a device that fails on command:
 * arrivals, cancels, readers that are slow or leave, failing steps, lost devices, failed swaps, clock jumps, pauses.
 */
export class FaultRun {
  readonly #random: SeededRandom;
  /** Of what was thought of later: what earlier draws decide stays as it was. */
  readonly #later: SeededRandom;
  readonly #clock = new VirtualClock();
  readonly #log = new DecisionLog(LOG_CAPACITY);
  readonly #drawn: Faults;
  readonly #subject: FaultSubject;
  readonly #engine: Engine;
  readonly #clients: FaultClient[] = [];
  /** Every choice that was ever submitted. */
  readonly #entries = new Set<Sequence>();
  readonly #counts: Record<string, number> = {};
  #device: FailingBackend;
  /** Another device is being made. */
  #recovery: Promise<unknown> | null = null;
  #frozen = false;
  #turns = 0;

  /** `policies`: in the place of the defaults. `subject`: default one that the seed draws. */
  constructor(seed: number, policies: PolicyMakers = {}, subject?: FaultSubject) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#later = new SeededRandom(LATER + seed);
    this.#drawn = drawFaults(random);
    this.#subject = subject ?? new ContextSubject(random, new SeededRandom(STEERING + seed));
    this.#device = this.#subject.firstDevice(this.#drawFlaws());
    const { maxTokens } = this.#subject.info;
    const stumbles = this.#later.chance(0.2);
    const { queue = fcfs(), budget, ...given } = policyOptions(policies, maxTokens);
    this.#engine = new Engine({
      ...given,
      backend: this.#device,
      clock: () => this.#clock.now - (stumbles && this.#later.chance(0.1) ? 5 : 0),
      timer: (seconds, wake) => this.#clock.schedule(seconds, wake),
      recover: () => this.#recover(),
      queue: watchedQueue(queue, (request) => this.#noteEntries(request as Sequence)),
      budget: budget ?? (this.#later.chance(0.1) ? measured({ maxTokens }) : undefined),
      maxWaitingRequests: random.pick([2, 1000]),
      decisionLog: this.#log,
      drafter: random.chance(0.3) ? this.#subject.drafter() : undefined,
    });
  }

  /** Everything, until all requests have ended. */
  async run(): Promise<FaultReport> {
    while (!this.#isOver) await this.#takeTurn();
    await this.#checkOver();
    const ends: Record<string, number> = {};
    for (const { stream } of this.#clients) {
      for (const { finishReason } of (await stream.completion()).choices) {
        ends[finishReason] = (ends[finishReason] ?? 0) + 1;
      }
    }
    return { turns: this.#turns, ends, faults: this.#counts, decisionHash: hashDecisions(this.#log) };
  }

  get #isOver(): boolean {
    return this.#isAllSubmitted && this.#clients.every((client) => client.over);
  }

  get #isAllSubmitted(): boolean {
    return this.#subject.drawnCount === this.#subject.requestCount;
  }

  get #faults(): Faults {
    return this.#turns > CALM_AFTER ? CALM : this.#drawn;
  }

  async #takeTurn(): Promise<void> {
    assert(++this.#turns <= MAX_TURNS, () => `wedged: ${JSON.stringify(this.#engine.stats())}`);
    const { submit, abort, leave, pause, freeze, jump } = this.#faults;
    this.#clock.advance(this.#random.chance(jump) ? 1000 : 0.01);
    if (!this.#isAllSubmitted && this.#random.chance(submit)) this.#submit();
    if (this.#random.chance(abort)) this.#withClient("abort", (client) => this.#abort(client));
    if (this.#random.chance(leave)) this.#withClient("leave", (client) => this.#leave(client));
    if (this.#random.chance(pause)) this.#withClient("pause", (client) => this.#pause(client));
    if (this.#random.chance(freeze)) this.#freeze();
    const ending = this.#endStep();
    if (ending !== undefined) await ending;
    for (const client of this.#clients) this.#read(client);
    await settle();
    await this.#settleDevice();
    if (this.#device.broken !== null) throw this.#device.broken;
    this.#engine.scheduler.checkInvariants();
    this.#unblock();
  }

  #submit(): void {
    const { input, answers } = this.#subject.drawRequest();
    const controller = new AbortController();
    const timed = this.#random.chance(0.1);
    try {
      const stream = this.#engine.submit({
        ...input,
        signal: controller.signal,
        deadline: timed ? this.#clock.now + this.#random.integer(1, 3000) : undefined,
      });
      const entries = [...this.#entries].filter((entry) => entry.id === stream.id);
      const client = new FaultClient({ stream, answers, controller, entries });
      if (timed) client.allowed.add("error");
      this.#clients.push(client);
    } catch (error) {
      // Where the engine has crashed, the ends of its requests say why.
      if (
        !(error instanceof InfeasibleRequestError || error instanceof QueueFullError || error instanceof DisposedError)
      ) {
        throw error;
      }
      this.#count(error.code);
    }
  }

  #noteEntries(entry: Sequence): void {
    for (const each of [entry, ...entry.followers]) this.#entries.add(each);
  }

  #saltOf(slot: number): string {
    for (const entry of this.#entries) if (entry.slot === slot) return entry.cacheSalt;
    return "";
  }

  #withClient(fault: string, act: (client: FaultClient) => void): void {
    if (this.#clients.length === 0) return;
    const client = this.#random.pick(this.#clients);
    client.allowed.add("abort");
    this.#count(fault);
    act(client);
  }

  /** The whole request, by its signal, or one choice of it. */
  #abort(client: FaultClient): void {
    const whole = client.choiceCount === 1 || this.#random.chance(0.5);
    const choice = whole ? undefined : this.#random.integer(0, client.choiceCount - 1);
    if (choice === undefined) client.controller.abort();
    else this.#engine.abort(client.stream.id, choice);
    client.close(choice);
  }

  #leave(client: FaultClient): void {
    client.left = true;
    void client.stream.return();
  }

  #pause(client: FaultClient): void {
    client.paused = client.paused
      ? !this.#engine.resume(client.stream.id) && false
      : this.#engine.pause(client.stream.id);
  }

  #freeze(): void {
    this.#frozen = !this.#frozen;
    if (this.#frozen) this.#engine.freeze();
    else this.#engine.unfreeze();
  }

  /** Nothing may stand still for good: where all that is left is paused or frozen, it goes on. */
  #unblock(): void {
    const isCalm = this.#turns > CALM_AFTER;
    if (!isCalm && (this.#device.pendingCount > 0 || !this.#isAllSubmitted)) return;
    if (this.#frozen) this.#freeze();
    for (const client of this.#clients) if (client.paused) this.#pause(client);
  }

  #drawFlaws(): DeviceFlaws {
    return {
      moves: this.#later.chance(0.2),
      disposal: this.#later.chance(0.5),
      saltOf: (slot) => this.#saltOf(slot),
    };
  }

  /** Another device; now and then there is none, or one of another shape, which ends all that there is. */
  async #recover(): Promise<FailingBackend> {
    if (!this.#later.chance(0.1)) {
      const made = this.#subject.newDevice(this.#drawFlaws());
      if (!(made instanceof Promise)) return (this.#device = made);
      this.#recovery = made;
      return (this.#device = await made);
    }
    this.#count("unrecovered");
    for (const client of this.#clients) client.allowed.add("error");
    if (this.#later.chance(0.5)) throw new Error("a test has no other device");
    return this.#subject.misshapenDevice();
  }

  /** Waits for what takes real time: transfers of blocks, and a device that is being made. */
  async #settleDevice(): Promise<void> {
    if (this.#recovery !== null) await this.#recovery;
    this.#recovery = null;
    if (this.#device.settled === undefined) return;
    await this.#device.settled();
    await settle();
  }

  /** A device may be lost while it has nothing to do. */
  #loseIdle(): void | Promise<void> {
    if (!this.#later.chance(this.#faults.lose)) return;
    this.#count("lost idle");
    return this.#device.end("lost");
  }

  #endStep(): void | Promise<void> {
    if (this.#device.pendingCount === 0) return this.#loseIdle();
    if (this.#random.chance(0.3)) return;
    const { fail, lose } = this.#faults;
    const fate = this.#random.chance(lose) ? "lost" : this.#random.chance(fail) ? "failed" : "done";
    if (fate !== "done") this.#count(fate);
    // Where device after device is lost without a token, requests end.
    if (fate === "lost" && this.#counts["lost"] > MAX_LOSSES) {
      for (const client of this.#clients) client.allowed.add("error");
    }
    // A step that always fails may end its requests, after enough failures of each alone.
    if (fate === "failed") for (const client of this.#clients) client.allowed.add("error");
    return this.#device.end(fate);
  }

  /** A reader takes one delta at a time, now and then. */
  #read(client: FaultClient): void {
    if (client.reading || client.over || !this.#random.chance(this.#faults.read)) return;
    client.reading = true;
    const take = ({ done, value }: IteratorResult<TokenDelta, undefined>): void =>
      done === true ? client.finish() : client.take(value);
    void client.stream
      .next()
      .then(take, () => client.finish())
      .finally(() => (client.reading = false));
  }

  async #checkOver(): Promise<void> {
    for (const client of this.#clients) await client.check();
    const { running, waiting, paused } = this.#engine.stats();
    assert(running + waiting + paused === 0, () => `after the end: ${JSON.stringify(this.#engine.stats())}`);
    const disposed = this.#engine.dispose();
    while (this.#device.pendingCount > 0) await this.#device.end("done");
    await disposed;
    // Only now: a step in flight may still copy a block of a request that was aborted.
    assert(this.#engine.stats().heldBlocks === 0, () => `after the last step: ${JSON.stringify(this.#engine.stats())}`);
  }

  #count(fault: string): void {
    this.#counts[fault] = (this.#counts[fault] ?? 0) + 1;
  }
}

/** Lets everything happen that needs no device and no time. */
async function settle(): Promise<void> {
  for (let tick = 0; tick < TICKS_A_TURN; tick++) await Promise.resolve();
}

/** FNV-1a over the decisions, as a 32-bit number. */
function hashDecisions(log: DecisionLog): number {
  let hash = 0x811c9dc5;
  for (const decision of log) {
    const line = JSON.stringify(decision);
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
