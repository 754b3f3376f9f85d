import { assert } from "../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import { InfeasibleRequestError } from "../errors.ts";
import type { FinishReason } from "../request.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { SchedulerOptions } from "../scheduler/options.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { SchedulerStats } from "../scheduler/inspect/stats.ts";
import type { StepPlan } from "../step.ts";
import { branchOne } from "./branches.ts";
import { ContextDevice } from "./context-device.ts";
import { DrivenRequest } from "./driven-request.ts";
import { checkDrafts, issueRows, retractRows, settleRows, type IssuedRow } from "./plan-laws.ts";
import { drawRequest } from "./program-requests.ts";
import { PromptSource } from "./prompt-source.ts";
import { checkExpired, checkIdle, checkVictims } from "./schedule-laws.ts";
import { mostBlocks, schedulerOptionsOf, type SchedulerProgram } from "./scheduler-program.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VOCABULARY } from "./steered-token.ts";

/** Five times what the slowest of 20,000 random programs took: a run beyond it is wedged. */
const MAX_TURNS = 50_000;

/**
 * From then on the drive pauses no requests and loses no device: a prompt that is begun anew every ten steps has no
 * end, and it is not the scheduler's fault.
 */
const CALM_AFTER = MAX_TURNS / 2;

/** Seeds of what was thought of later: no program's seed is so large. */
const LATER = 2 ** 40;

/** How a run went. */
export interface DriveReport {
  readonly turns: number;
  /** Requests by how they ended; `refused` ones were infeasible at submit. */
  readonly ends: Readonly<Record<FinishReason | "refused", number>>;
  /** Most steps in a row without a token, faults aside. */
  readonly longestDrought: number;
  /** Of every plan and what became of it: equal runs have equal ones. */
  readonly traceHash: number;
  readonly stats: SchedulerStats;
}

interface Flight {
  readonly plan: StepPlan;
  readonly index: number;
  readonly rows: readonly IssuedRow[];
  /** Null where the step fails. */
  readonly samples: Int32Array | null;
  /** What the samples' contexts give without edits and masks. */
  readonly unsteered: Int32Array;
  /** It failed after it wrote what it was told to. */
  readonly wrote: boolean;
}

/**
 * Runs a program against the production scheduler, with a device whose tokens depend on everything that it reads
 * through the block tables. Checks the laws of docs/scheduler.md after every command; the first broken one throws, with
 * the seed.
 */
export class SchedulerDrive {
  readonly program: SchedulerProgram;
  readonly scheduler: Scheduler;
  readonly #random: SeededRandom;
  /** Of edits and masks: what else is drawn stays as it was without them. */
  readonly #steering: SeededRandom;
  readonly #prompts: PromptSource;
  readonly #requests: DrivenRequest[] = [];
  readonly #ended: DrivenRequest[] = [];
  readonly #flights: Flight[] = [];
  readonly #ends = { stop: 0, length: 0, abort: 0, error: 0, refused: 0 };
  /** Most steps that may pass without a token: what every running request has to compute before its first one. */
  readonly #droughtLimit: number;
  readonly #lastIn: boolean;
  readonly #device: ContextDevice;
  #live: DrivenRequest[] = [];
  #turn = 0;
  #now = 0;
  #drought = 0;
  #longestDrought = 0;
  #traceHash = 0;

  /** `options`: policies and limits to try instead of the defaults. */
  constructor(program: SchedulerProgram, options: Partial<SchedulerOptions> = {}) {
    this.program = program;
    this.#random = new SeededRandom(program.seed);
    this.#steering = new SeededRandom(LATER + program.seed);
    this.#prompts = new PromptSource(this.#random);
    this.scheduler = new Scheduler({
      ...schedulerOptionsOf(program),
      vocabSize: VOCABULARY + 1,
      ...options,
      onEnd: (request) => this.#noteEnd(request as Sequence),
    });
    this.#device = new ContextDevice(program);
    this.#droughtLimit = program.contextLength * program.maxRequests;
    this.#lastIn = options.preemption === undefined;
  }

  /** Everything, until all requests have ended. */
  run(): DriveReport {
    try {
      while (!this.#isOver) this.#takeTurn();
      this.#checkOver();
    } catch (error) {
      throw new Error(`seed ${this.program.seed}, turn ${this.#turn}: ${(error as Error).message}`, { cause: error });
    }
    return {
      turns: this.#turn,
      ends: this.#ends,
      longestDrought: this.#longestDrought,
      traceHash: this.#traceHash,
      stats: this.scheduler.stats(),
    };
  }

  get #isOver(): boolean {
    return this.#prompts.count === this.program.requestCount && this.scheduler.size === 0 && this.#flights.length === 0;
  }

  #takeTurn(): void {
    assert(
      ++this.#turn <= MAX_TURNS,
      () => `wedged: ${JSON.stringify(this.scheduler.stats())}, idle because ${this.scheduler.idleReason}`,
    );
    this.#now += this.#random.chance(0.01) ? 1000 : 1;
    const { program } = this;
    if (this.#prompts.count < program.requestCount && this.#random.chance(program.submitRate)) {
      this.#do(() => this.#submit());
    }
    if (this.#random.chance(program.abortRate)) this.#do(() => this.#end("abort"));
    if (this.#random.chance(program.finishRate)) this.#do(() => this.#end("stop"));
    if (this.#turn <= CALM_AFTER) this.#interrupt();
    const mayPlan = this.scheduler.inFlightCount < (program.planAhead ? MAX_PLANS_IN_FLIGHT : 1);
    const planned = mayPlan && this.#do(() => this.#schedule());
    if (
      this.#flights.length > 0 &&
      (!planned || this.#flights.length === MAX_PLANS_IN_FLIGHT || this.#random.chance(0.5))
    ) {
      this.#do(() => this.#complete());
    }
    this.#do(() => this.#resumeOne());
  }

  #interrupt(): void {
    const { branchRate, pauseRate, loseDeviceRate } = this.program;
    if (this.#random.chance(branchRate)) this.#do(() => this.#branch());
    if (this.#random.chance(pauseRate)) this.#do(() => this.#pause());
    if (this.#random.chance(loseDeviceRate)) this.#do(() => this.#loseDevice());
  }

  /** One command, with the laws that hold after any. */
  #do<T>(command: () => T): T {
    const result = command();
    this.#dropEnded();
    assert(
      this.scheduler.size === this.#live.length,
      () => `the scheduler has ${this.scheduler.size} requests, ${this.#live.length} have not ended`,
    );
    const { freeCount, cachedCount, heldCount } = this.scheduler.kv.pool;
    assert(
      freeCount + cachedCount + heldCount === this.program.blockCount &&
        Math.min(freeCount, cachedCount, heldCount) >= 0,
      () => `${freeCount} free + ${cachedCount} cached + ${heldCount} held blocks`,
    );
    this.scheduler.checkInvariants();
    return result;
  }

  /** Requests that ended with the command leave the live ones. */
  #dropEnded(): void {
    for (const request of this.#ended.splice(0)) {
      request.checkEnd();
      this.#ends[request.ended!]++;
      this.#drought = 0;
    }
    this.#live = this.#live.filter((request) => request.ended === null);
  }

  #submit(): void {
    const {
      groups: [{ window }],
      blockCount,
      contextLength,
    } = this.program;
    const { input, steering } = drawRequest(
      { random: this.#random, steering: this.#steering, prompts: this.#prompts },
      this.program,
      this.#now,
    );
    const before = JSON.stringify(this.scheduler.stats());
    const feasible =
      input.promptTokenIds.length < contextLength &&
      mostBlocks(this.program, Math.min(input.promptTokenIds.length + input.maxTokens, contextLength) - 1) <=
        blockCount;
    try {
      const first = this.scheduler.submit(input, this.#now) as Sequence;
      const choices = [first, ...first.followers].map((entry) => new DrivenRequest(input, entry, window, [], steering));
      if (input.deadline !== undefined || input.queueTimeout !== undefined) {
        for (const request of choices) request.allowedEnds.add("error");
      }
      this.#requests.push(...choices);
      this.#live.push(...choices);
      assert(feasible, () => `request ${String(input.id)} can never run and was taken`);
    } catch (error) {
      if (!(error instanceof InfeasibleRequestError)) throw error;
      assert(!feasible, () => `request ${String(input.id)} can run and was refused: ${error.message}`);
      assert(
        JSON.stringify(this.scheduler.stats()) === before,
        () => `a refused request changed ${before} to ${JSON.stringify(this.scheduler.stats())}`,
      );
      this.#ends.refused++;
    }
  }

  /** Ends any request as its caller would, ended ones included. */
  #end(reason: "abort" | "stop"): void {
    if (this.#requests.length === 0) return;
    const { input, entry } = this.#random.pick(this.#requests);
    const choice = this.#random.chance(0.5) ? entry.choice : undefined;
    const meant = this.#live.filter(
      (request) => request.input.id === input.id && (choice === undefined || request.entry.choice === choice),
    );
    for (const request of meant) request.allowedEnds.add(reason);
    this.scheduler.finish(input.id, reason, this.#now, choice);
    for (const request of meant) {
      assert(
        request.ended === reason && request.entry.slot === -1,
        () => `${request.name} was ended by ${reason}, is ${request.entry.state} and has slot ${request.entry.slot}`,
      );
    }
  }

  #branch(): void {
    const branch = branchOne(this.scheduler, this.#live, {
      program: this.program,
      random: this.#random,
      now: this.#now,
    });
    if (branch === null) return;
    this.#requests.push(branch);
    this.#live.push(branch);
  }

  #pause(): void {
    if (this.#live.length === 0) return;
    const { input, entry } = this.#random.pick(this.#live);
    const verb = entry.state === "paused" ? "resume" : "pause";
    this.scheduler[verb](input.id, this.#now, this.#random.chance(0.5) ? entry.choice : undefined);
    this.#drought = 0;
  }

  /** Where all that is left is paused, one goes on: the run has to come to an end. */
  #resumeOne(): void {
    if (this.#flights.length > 0 || this.#live.some(({ entry }) => entry.state !== "paused")) return;
    for (const { input } of this.#live.slice(0, 1)) this.scheduler.resume(input.id, this.#now);
  }

  #loseDevice(): void {
    for (const { rows } of this.#flights.splice(0).reverse()) retractRows(rows);
    this.scheduler.invalidateDevice(this.#now);
    this.#device.spoil({
      device: Array.from({ length: (this.program.blockCount + 1) * this.program.blockSize }, (_, slot) => slot),
      host: [],
    });
    this.#drought = 0;
    const nothing =
      this.#live.every(({ entry }) => entry.computedTokenCount === 0) &&
      this.scheduler.kv.pool.freeCount === this.program.blockCount;
    assert(nothing, "a lost device has computed tokens, or blocks that are held or cached");
  }

  /** Plans a step, if there is one, and lets the device do it. */
  #schedule(): boolean {
    const before = this.#live.filter((request) => request.runs);
    const plan = this.scheduler.schedule(this.#now);
    this.#dropEnded();
    checkVictims(before, this.#live, this.#lastIn);
    checkExpired(this.#live, this.scheduler, this.#now);
    if (plan === null) {
      checkIdle(this.#live, this.scheduler, this.#flights.length);
      return false;
    }
    assert(this.scheduler.idleReason === null, () => `a plan was made, idle because ${this.scheduler.idleReason}`);
    const rows = issueRows(plan, this.#live, { ...this.program, before: this.#flights.at(-1)?.index });
    this.#trace(
      plan.index,
      plan.tokenCount,
      plan.requestCount,
      ...rows.map(({ request, tokenCount }) => 64 * request.entry.order + tokenCount),
    );
    this.#flights.push({ plan, index: plan.index, rows, ...this.#execute(plan, rows) });
    return true;
  }

  /**
   * Runs the step, unless it or an earlier step fails. Only the poisoned request may end by an error, where all else
   * goes well.
   */
  #execute(plan: StepPlan, rows: readonly IssuedRow[]): Pick<Flight, "samples" | "unsteered" | "wrote"> {
    const { failRate, poisoned } = this.program;
    const failed = { samples: null, unsteered: new Int32Array(0) };
    if (this.#flights.some(({ samples }) => samples === null)) return { ...failed, wrote: false };
    const chosen = this.#random.chance(failRate);
    if (!chosen && rows.every(({ request }) => request.input.id !== poisoned)) {
      return { samples: this.#device.run(plan), unsteered: this.#device.unsteered, wrote: true };
    }
    const inIt = (request: DrivenRequest): boolean => rows.some((row) => row.request.input.id === request.input.id);
    for (const request of this.#live) {
      if (inIt(request) && (failRate > 0 || request.input.id === poisoned)) request.allowedEnds.add("error");
    }
    const wrote = this.#random.chance(0.5);
    if (wrote) this.#device.run(plan);
    return { ...failed, wrote };
  }

  /** Commits the oldest step, or rolls a failed one back with all later ones. */
  #complete(): void {
    const failed = this.#flights.findIndex(({ samples }) => samples === null);
    // One behind another is taken back first only where it never ran: the device's last samples are then the other's.
    if (failed === 0 || (failed > 0 && !this.#flights[failed].wrote && this.#random.chance(0.5))) {
      this.#rollBack(failed);
    } else this.#commit(this.#flights.shift()!);
  }

  #rollBack(from: number): void {
    const { plan, index } = this.#flights[from];
    assert(plan.index === index, () => `plan ${index} became ${plan.index} in flight`);
    for (const { rows } of this.#flights.splice(from).reverse()) retractRows(rows);
    this.#trace(-1, index);
    this.#drought = 0;
    this.scheduler.rollback(plan, this.#now, new Error("the step failed"));
  }

  #commit({ plan, index, rows, samples, unsteered }: Flight): void {
    assert(plan.index === index, () => `plan ${index} became ${plan.index} in flight`);
    const before = settleRows(rows);
    const outcome = this.scheduler.commit(plan, { tokenIds: samples! }, this.#now);
    for (const { request, position, sampleIndex } of outcome.scores) {
      const [{ window }] = this.program.groups;
      this.#driven(request as Sequence).receiveScore(position, unsteered[sampleIndex], window);
    }
    for (let i = 0; i < outcome.tokenCount; i++) {
      this.#driven(outcome.requests[i] as Sequence).receive(outcome.tokenIds[i]);
    }
    checkDrafts(rows, before);
    const finished = outcome.finished.slice(0, outcome.finishedCount);
    assert(
      finished.length === this.#ended.length && this.#ended.every(({ entry }) => finished.includes(entry)),
      () => `the outcome names ${finished.length} ended requests, ${this.#ended.length} ended`,
    );
    this.#drought = outcome.tokenCount > 0 ? 0 : this.#drought + 1;
    this.#longestDrought = Math.max(this.#longestDrought, this.#drought);
    assert(this.#drought <= this.#droughtLimit, () => `${this.#drought} steps without a token`);
    this.#trace(-2, index, outcome.tokenCount);
  }

  #noteEnd(entry: Sequence): void {
    const request = this.#driven(entry);
    request.end();
    this.#ended.push(request);
  }

  #driven(entry: Sequence): DrivenRequest {
    const request = this.#requests.find((each) => each.entry === entry);
    assert(request !== undefined, () => `request ${String(entry.id)} was never submitted`);
    return request;
  }

  #checkOver(): void {
    const { heldBlocks, freeBlocks, cachedBlocks, running, waiting, paused, plansInFlight, waitingTokens } =
      this.scheduler.stats();
    const left = { heldBlocks, running, waiting, paused, plansInFlight, waitingTokens };
    assert(
      Object.values(left).every((count) => count === 0),
      () => `at the end there are ${JSON.stringify(left)}`,
    );
    assert(
      freeBlocks + cachedBlocks === this.program.blockCount,
      () => `at the end ${freeBlocks} blocks are free, ${cachedBlocks} cached`,
    );
    this.scheduler.kv.prefixes.dropCached();
    this.scheduler.invalidateHostTier();
    const { tree, domains } = this.scheduler.kv.prefixes;
    assert(
      tree.size === 0 && domains.size === 0,
      () => `an empty prefix cache has ${tree.size} nodes and ${domains.size} domains`,
    );
    assert(this.scheduler.kv.pool.freeCount === this.program.blockCount, "blocks are missing from an empty cache");
    this.scheduler.checkInvariants();
  }

  #trace(...numbers: readonly number[]): void {
    for (const number of numbers) this.#traceHash = Math.imul(this.#traceHash ^ number, 0x01000193) >>> 0;
  }
}
