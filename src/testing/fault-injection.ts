import { assert } from "../assert.ts";
import type { BackendInfo } from "../backends/backend.ts";
import { MAX_LOSSES } from "../engine/device.ts";
import { Engine } from "../engine/engine.ts";
import type { Choice, TokenDelta, TokenStream } from "../engine/token-stream.ts";
import { InfeasibleRequestError, QueueFullError } from "../errors.ts";
import { measured } from "../policies/budget/measured.ts";
import { DecisionLog } from "../scheduler/decision-log.ts";
import { answerOf, type Answer } from "./driven-request.ts";
import { drawFaults, drawInfo, type Faults } from "./fault-draws.ts";
import { FaultyDevice } from "./faulty-device.ts";
import { guessingDrafter } from "./guessing-drafter.ts";
import { PromptSource } from "./prompt-source.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Many times what the slowest of 20,000 seeds took: a run beyond it is wedged. */
const MAX_TURNS = 20_000;

/** Microtasks that a turn waits for: an answer passes through fewer than ten promises on its way to a reader. */
const TICKS_A_TURN = 24;

/** Decisions kept for a failing seed's story, and hashed. */
const LOG_CAPACITY = 200_000;

/** Seeds of what was thought of later: no seed of a run is so large. */
const LATER = 2 ** 40;

/** How a run went: equal seeds have equal reports. */
export interface FaultReport {
  readonly turns: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Of every decision of the scheduler. */
  readonly decisionHash: number;
}

interface Client {
  readonly stream: TokenStream;
  /** By choice. */
  readonly answers: readonly Answer[];
  readonly controller: AbortController;
  /** By choice. */
  readonly tokens: readonly number[][];
  /** Ends that are not of its own making. */
  readonly allowed: Set<string>;
  /** Ends told, one a choice. */
  ends: number;
  over: boolean;
  /** Its reader went away. */
  left: boolean;
  reading: boolean;
  paused: boolean;
}

/**
 * One seed through the production engine and scheduler, on a virtual clock and a device that fails on command: arrivals, cancels,
 * readers that are slow or leave, failing steps, lost devices, failed swaps, clock jumps, pauses. Afterwards every request
 * has ended exactly once, with exactly the tokens that its context gives, and all blocks are back.
 */
export async function injectFaults(seed: number): Promise<FaultReport> {
  const run = new FaultRun(seed);
  try {
    return await run.run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}; replay: npm run faults -- --seed ${seed}`, { cause: error });
  }
}

class FaultRun {
  readonly #random: SeededRandom;
  /** Of what was thought of later: what earlier draws decide stays as it was. */
  readonly #later: SeededRandom;
  readonly #prompts: PromptSource;
  readonly #clock = new VirtualClock();
  readonly #log = new DecisionLog(LOG_CAPACITY);
  readonly #faults: Faults;
  readonly #info: BackendInfo;
  readonly #engine: Engine;
  readonly #clients: Client[] = [];
  readonly #requestCount: number;
  readonly #counts: Record<string, number> = {};
  #device: FaultyDevice;
  #frozen = false;
  #turns = 0;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#later = new SeededRandom(LATER + seed);
    this.#faults = drawFaults(random);
    this.#info = drawInfo(random);
    this.#prompts = new PromptSource(random);
    this.#requestCount = random.integer(1, 16);
    this.#device = this.#newDevice();
    const stumbles = this.#later.chance(0.2);
    this.#engine = new Engine({
      backend: this.#device,
      clock: () => this.#clock.now - (stumbles && this.#later.chance(0.1) ? 5 : 0),
      timer: (seconds, wake) => this.#clock.schedule(seconds, wake),
      recover: async () => this.#recover(),
      budget: this.#later.chance(0.1) ? measured({ maxTokens: this.#info.maxTokens }) : undefined,
      maxWaitingRequests: random.pick([2, 1000]),
      decisionLog: this.#log,
      drafter: random.chance(0.3) ? guessingDrafter(this.#info.groups[0].window) : undefined,
    });
  }

  async run(): Promise<FaultReport> {
    while (!this.#isOver) await this.#takeTurn();
    await this.#checkOver();
    const ends: Record<string, number> = {};
    for (const { stream } of this.#clients) {
      for (const { finishReason } of (await stream.completion()).choices) ends[finishReason] = (ends[finishReason] ?? 0) + 1;
    }
    return { turns: this.#turns, ends, faults: this.#counts, decisionHash: hashDecisions(this.#log) };
  }

  get #isOver(): boolean {
    return this.#prompts.count === this.#requestCount && this.#clients.every((client) => client.over);
  }

  async #takeTurn(): Promise<void> {
    assert(++this.#turns <= MAX_TURNS, () => `wedged: ${JSON.stringify(this.#engine.stats())}`);
    const { submit, abort, leave, pause, freeze, jump } = this.#faults;
    this.#clock.advance(this.#random.chance(jump) ? 1000 : 0.01);
    if (this.#prompts.count < this.#requestCount && this.#random.chance(submit)) this.#submit();
    if (this.#random.chance(abort)) this.#withClient("abort", (client) => this.#abort(client));
    if (this.#random.chance(leave)) this.#withClient("leave", (client) => this.#leave(client));
    if (this.#random.chance(pause)) this.#withClient("pause", (client) => this.#pause(client));
    if (this.#random.chance(freeze)) this.#freeze();
    this.#endStep();
    for (const client of this.#clients) this.#read(client);
    await settle();
    this.#engine.scheduler.checkInvariants();
    this.#unblock();
  }

  #submit(): void {
    const { blockCount, blockSize, groups, contextLength } = this.#info;
    const input = this.#prompts.draw(Math.min(contextLength, Math.floor((blockCount * blockSize) / groups.length)), groups[0].window);
    const controller = new AbortController();
    const timed = this.#random.chance(0.1);
    try {
      const stream = this.#engine.submit({ ...input, signal: controller.signal, deadline: timed ? this.#clock.now + this.#random.integer(1, 3000) : undefined });
      const maxLength = Math.min(input.promptTokenIds.length + input.maxTokens, this.#info.contextLength);
      const answers = Array.from({ length: input.n ?? 1 }, (_, choice) => answerOf(input.promptTokenIds, maxLength, this.#info.groups[0].window, input.stopTokenIds, choice));
      this.#clients.push({ stream, answers, controller, tokens: answers.map(() => []), allowed: new Set(timed ? ["error"] : []), ends: 0, over: false, left: false, reading: false, paused: false });
    } catch (error) {
      if (!(error instanceof InfeasibleRequestError) && !(error instanceof QueueFullError)) throw error;
      this.#count(error.code);
    }
  }

  #withClient(fault: string, act: (client: Client) => void): void {
    if (this.#clients.length === 0) return;
    const client = this.#random.pick(this.#clients);
    client.allowed.add("abort");
    this.#count(fault);
    act(client);
  }

  /** The whole request, by its signal, or one choice of it. */
  #abort({ controller, stream, answers }: Client): void {
    if (answers.length === 1 || this.#random.chance(0.5)) controller.abort();
    else this.#engine.abort(stream.id, this.#random.integer(0, answers.length - 1));
  }

  #leave(client: Client): void {
    client.left = true;
    void client.stream.return();
  }

  #pause(client: Client): void {
    client.paused = client.paused ? !this.#engine.resume(client.stream.id) && false : this.#engine.pause(client.stream.id);
  }

  #freeze(): void {
    this.#frozen = !this.#frozen;
    if (this.#frozen) this.#engine.freeze();
    else this.#engine.unfreeze();
  }

  /** Nothing may stand still for good: where all that is left is paused or frozen, it goes on. */
  #unblock(): void {
    if (this.#device.pendingCount > 0 || this.#prompts.count < this.#requestCount) return;
    if (this.#frozen) this.#freeze();
    for (const client of this.#clients) if (client.paused) this.#pause(client);
  }

  #newDevice(): FaultyDevice {
    return new FaultyDevice(this.#info, { moves: this.#later.chance(0.2), disposal: this.#later.chance(0.5) });
  }

  /** Another device; now and then there is none, or one of another shape, which ends all that there is. */
  #recover(): FaultyDevice {
    if (!this.#later.chance(0.1)) return (this.#device = this.#newDevice());
    this.#count("unrecovered");
    for (const client of this.#clients) client.allowed.add("error");
    if (this.#later.chance(0.5)) throw new Error("a test has no other device");
    return new FaultyDevice({ ...this.#info, groups: [...this.#info.groups, { window: 1 }] });
  }

  /** A device may be lost while it has nothing to do. */
  #loseIdle(): void {
    if (!this.#later.chance(this.#faults.lose)) return;
    this.#count("lost idle");
    this.#device.end("lost");
  }

  #endStep(): void {
    if (this.#device.pendingCount === 0) return this.#loseIdle();
    if (this.#random.chance(0.3)) return;
    const { fail, lose } = this.#faults;
    const fate = this.#random.chance(lose) ? "lost" : this.#random.chance(fail) ? "failed" : "done";
    if (fate !== "done") this.#count(fate);
    // Where device after device is lost without a token, requests end.
    if (fate === "lost" && this.#counts["lost"] > MAX_LOSSES) for (const client of this.#clients) client.allowed.add("error");
    // A step that fails for all may end those in it, once it has failed often enough with each alone.
    if (fate === "failed") for (const client of this.#clients) client.allowed.add("error");
    this.#device.end(fate);
  }

  /** A reader takes one delta at a time, now and then. */
  #read(client: Client): void {
    if (client.reading || client.over || !this.#random.chance(this.#faults.read)) return;
    client.reading = true;
    void client.stream.next().then(({ done, value }) => {
      client.reading = false;
      if (done === true) client.over = true;
      else this.#take(client, value);
    });
  }

  #take(client: Client, { choice, tokenIds, finishReason }: TokenDelta): void {
    client.tokens[choice].push(...tokenIds);
    if (finishReason !== null) client.ends++;
    if (client.ends === client.answers.length) client.over = true;
  }

  async #checkOver(): Promise<void> {
    for (const client of this.#clients) await this.#checkClient(client);
    const { running, waiting, paused } = this.#engine.stats();
    assert(running + waiting + paused === 0, () => `after the end: ${JSON.stringify(this.#engine.stats())}`);
    const disposed = this.#engine.dispose();
    while (this.#device.pendingCount > 0) this.#device.end("done");
    await disposed;
    // Only now: a step in flight may still copy a block of somebody who was aborted.
    assert(this.#engine.stats().heldBlocks === 0, () => `after the last step: ${JSON.stringify(this.#engine.stats())}`);
  }

  async #checkClient({ stream, answers, tokens, allowed, ends, left }: Client): Promise<void> {
    const { choices } = await stream.completion();
    assert(left || ends === answers.length, () => `request ${String(stream.id)} has ${answers.length} answers and ended ${ends} times`);
    for (const choice of choices) this.#checkChoice(`request ${String(stream.id)}#${choice.choice}`, choice, answers[choice.choice], tokens[choice.choice], allowed);
  }

  #checkChoice(name: string, { tokenIds, finishReason }: Choice, answer: Answer, tokens: readonly number[], allowed: ReadonlySet<string>): void {
    assert(tokenIds.every((token, i) => token === answer.tokenIds[i]), () => `${name} got [${tokenIds.join(" ")}], its context gives [${answer.tokenIds.join(" ")}]`);
    assert(tokens.every((token, i) => token === tokenIds[i]), () => `${name}: its reader got [${tokens.join(" ")}] of [${tokenIds.join(" ")}]`);
    const complete = finishReason === answer.reason && tokenIds.length === answer.tokenIds.length;
    assert(complete || allowed.has(finishReason), () => `${name} ended by ${finishReason} after ${tokenIds.length} of ${answer.tokenIds.length} tokens`);
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
export function hashDecisions(log: DecisionLog): number {
  let hash = 0x811c9dc5;
  for (const decision of log) {
    const line = JSON.stringify(decision);
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
