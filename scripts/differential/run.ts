/** Runs a program on one version of the scheduler and writes down what it does. */
import type { Request, RequestInput } from "../../src/request.ts";
import type { KvEvent } from "../../src/blocks/events.ts";
import type { StepPlan } from "../../src/step.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { Program } from "./program.ts";

/** What a version's `src/index.ts` exports, as far as it is used here. */
export type Version = typeof import("../../src/index.ts");

/** A request as both versions have it: they keep its slot in a field of their own. */
type Tracked = Request & { readonly slot: number; readonly followers?: readonly Tracked[] };

interface Flight {
  readonly plan: StepPlan;
  /** Null where the step fails. */
  readonly tokenIds: Int32Array | null;
}

/** A program that is not over by then waits for something that does not come, such as a place for an adapter. */
const MAX_TURNS = 1500;

/** Ids of prompts, so few that blocks are equal all the time. */
const LAST_ID = 3;
const VOCABULARY = 50;

/**
 * Lines that are the same for both versions as long as they decide the same. Numbers of blocks and of plans are left
 * out. `stopAt`: throws at the first line that differs from this list.
 */
export function transcribe(version: Version, program: Program): string[] {
  const run = new Run(version, program);
  try {
    run.run();
  } catch (error) {
    run.lines.push(`threw ${(error as Error).name}: ${(error as Error).message.slice(0, 80)}`);
  }
  return run.lines;
}

class Run {
  readonly lines: string[] = [];
  readonly #program: Program;
  readonly #random: SeededRandom;
  readonly #scheduler: InstanceType<Version["Scheduler"]>;
  readonly #flights: Flight[] = [];
  #live: Tracked[] = [];
  readonly #events: string[] = [];
  /** What a block that events name holds, from its beginning on. */
  readonly #contents = new Map<number, string>();
  #lastSamples = new Int32Array(0);
  #submitted = 0;
  #now = 0;

  constructor(version: Version, program: Program) {
    const {
      policies,
      tokenBudget,
      drafts,
      limits,
      blockCount,
      blockSize,
      maxRequests,
      contextLength,
      hostBlockCount,
      groups,
    } = program;
    this.#program = program;
    this.#random = new SeededRandom(program.seed + 1_000_003);
    this.#scheduler = new version.Scheduler({
      blockCount,
      blockSize,
      maxRequests,
      contextLength,
      hostBlockCount,
      groups,
      ...limits,
      tokenBudget,
      queue: version.queueNamed(policies.queue),
      admission: version.admissionNamed(policies.admission),
      preemption: version.preemptionNamed(policies.preemption),
      eviction: version.evictionNamed(policies.eviction),
      chunking: version.chunkingNamed(policies.chunking),
      drafter: drafts ? guesses() : undefined,
      onKvEvent: (event) => this.#events.push(this.#describe(event)),
      onEnd: (request) =>
        this.#events.push(
          `end ${label(request)} ${request.finishReason} ${request.tokenCount} ${request.error?.name ?? ""}`,
        ),
    });
  }

  run(): void {
    for (let turn = 0; turn < this.#program.turns || this.#scheduler.size > 0 || this.#flights.length > 0; turn++) {
      if (turn > MAX_TURNS) throw new Error("wedged");
      this.#takeTurn(turn < this.#program.turns);
      this.#live = this.#live.filter(({ finishReason }) => finishReason === null);
      this.#scheduler.checkInvariants();
    }
    this.#note(`stats ${JSON.stringify(this.#stats())}`);
  }

  #takeTurn(isBusy: boolean): void {
    const { rates, planAhead } = this.#program;
    this.#now += this.#random.chance(0.01) ? 500 : 1;
    if (isBusy) this.#act(rates);
    else for (const { id, state } of this.#live) if (state === "paused") this.#scheduler.resume(id, this.#now);
    const mayPlan = this.#flights.length < (planAhead ? 2 : 1);
    const planned = mayPlan && this.#schedule();
    if (this.#flights.length > 0 && (!planned || this.#flights.length === 2 || this.#random.chance(0.5))) {
      this.#complete();
    }
  }

  #act(rates: Program["rates"]): void {
    const random = this.#random;
    const scheduler = this.#scheduler;
    if (random.chance(rates.submit)) this.#submit();
    if (random.chance(rates.abort)) this.#withOne((id, choice) => scheduler.abort(id, this.#now, choice));
    if (random.chance(rates.pause)) {
      this.#withOne((id, choice) => scheduler.pause(id, this.#now, choice) || scheduler.resume(id, this.#now, choice));
    }
    if (random.chance(rates.lose)) this.#lose();
    if (random.chance(rates.reset)) this.#note(`reset ${scheduler.resetPrefixCache({ force: true })}`);
  }

  #submit(): void {
    const random = this.#random;
    const ids = (length: number): number[] => Array.from({ length }, () => random.integer(0, LAST_ID));
    const beams = random.chance(this.#program.rates.beams);
    const input: RequestInput = {
      id: this.#submitted++,
      promptTokenIds: [
        ...[1, 2, 3, 1, 2, 3, 1, 2, 0, 1, 1, 2, 3, 3, 2, 1, 0, 0, 0, 1].slice(0, random.integer(0, 20)),
        ...ids(random.integer(1, random.chance(0.2) ? 60 : 8)),
      ],
      maxTokens: random.integer(1, 40),
      n: !beams && random.chance(0.2) ? random.integer(2, 5) : 1,
      branches: beams,
      skipPrefixCache: random.chance(0.1),
      cacheSalt: random.chance(0.2) ? "x" : "",
      adapterId: random.chance(0.3) ? random.integer(1, 3) : 0,
      client: random.pick(["a", "b", "c"]),
      priority: random.integer(0, 2),
      stopTokenIds: random.chance(0.3) ? [random.integer(0, VOCABULARY - 1), random.integer(0, VOCABULARY - 1)] : [],
      ...(random.chance(0.1) ? { deadline: this.#now + random.integer(5, 200) } : {}),
      ...(random.chance(0.1) ? { queueTimeout: random.integer(1, 100) } : {}),
      ...(random.chance(0.1)
        ? { retention: { priority: random.integer(0, 100), duration: random.integer(0, 50) } }
        : {}),
    };
    try {
      const first = this.#scheduler.submit(input, this.#now) as Tracked;
      this.#live.push(first, ...(first.followers ?? []));
    } catch (error) {
      this.#note(`refused ${(error as Error).name}`);
    }
  }

  #withOne(act: (id: Request["id"], choice: number | undefined) => unknown): void {
    if (this.#live.length === 0) return;
    const { id, choice } = this.#random.pick(this.#live);
    this.#note(`acted ${String(act(id, this.#random.chance(0.5) ? choice : undefined))}`);
  }

  #lose(): void {
    this.#flights.length = 0;
    this.#scheduler.invalidateDevice(this.#now);
    if (this.#random.chance(0.5)) this.#scheduler.invalidateHostTier();
  }

  #schedule(): boolean {
    const plan = this.#scheduler.schedule(this.#now);
    this.#noteRequests();
    if (plan === null) {
      this.#note(`idle ${this.#scheduler.idleReason} ${this.#scheduler.nextWakeAt}`);
      return false;
    }
    const bySlot = new Map(
      this.#live.filter(({ state }) => state === "running").map((request) => [request.slot, request]),
    );
    const rows = Array.from({ length: plan.requestCount }, (_, row) => {
      const request = bySlot.get(plan.requestSlots[row])!;
      const [from, to] = [plan.queryIndptr[row], plan.queryIndptr[row + 1]];
      return `${label(request)}@${plan.positions[from]}+${to - from}:${plan.sampleIndptr[row + 1] - plan.sampleIndptr[row]}`;
    });
    this.#note(
      `plan ${plan.tokenCount} [${rows.toSorted().join(" ")}] ${plan.copyCount} ${plan.swapOutCount} ${plan.swapInCount}`,
    );
    const behindFailure = this.#flights.some(({ tokenIds }) => tokenIds === null);
    const fails = behindFailure || this.#random.chance(this.#program.rates.fail);
    this.#flights.push({ plan, tokenIds: fails ? null : this.#execute(plan) });
    return true;
  }

  /** A made-up device: the next token depends on the last one, its position and the choice. */
  #execute(plan: StepPlan): Int32Array {
    const samples = new Int32Array(plan.sampleCount);
    for (let sample = 0; sample < plan.sampleCount; sample++) {
      const row = plan.sampleRows[sample];
      const id = plan.tokenIds[row] >= 0 ? plan.tokenIds[row] : this.#lastSamples[~plan.tokenIds[row]];
      samples[sample] =
        (Math.imul(id + 7 * plan.sampling.choice[sample], 0x9e3779b1) + 31 * plan.positions[row]) % VOCABULARY;
      if (samples[sample] < 0) samples[sample] += VOCABULARY;
    }
    this.#lastSamples = samples;
    return samples;
  }

  #complete(): void {
    const [{ plan, tokenIds }] = this.#flights;
    if (tokenIds === null) {
      this.#flights.length = 0;
      this.#note("rollback");
      this.#scheduler.rollback(plan, this.#now, new Error("the step failed"));
      return;
    }
    this.#flights.shift();
    const outcome = this.#scheduler.commit(plan, { tokenIds }, this.#now);
    const tokens = Array.from(
      { length: outcome.tokenCount },
      (_, i) => `${label(outcome.requests[i])}=${outcome.tokenIds[i]}`,
    );
    this.#note(
      `commit [${tokens.toSorted(byRequest).join(" ")}] ended ${outcome.finished.slice(0, outcome.finishedCount).map(label).toSorted().join(" ")}`,
    );
    this.#branchBeams();
  }

  /** Beams go on as a search would: another last token here, a branch there. */
  #branchBeams(): void {
    if (this.#flights.length > 0) return;
    for (const request of this.#live.slice()) {
      if (!request.branches || request.finishReason !== null || request.outputTokenCount === 0) continue;
      if (this.#random.chance(0.3)) {
        this.#scheduler.replaceLastToken(request.id, request.choice, this.#random.integer(0, VOCABULARY - 1));
      }
      if (!this.#random.chance(0.1)) continue;
      const choice = this.#random.integer(1, 100);
      if (this.#live.some((other) => other.id === request.id && other.choice === choice)) continue;
      this.#live.push(
        this.#scheduler.branch(
          request.id,
          request.choice,
          { choice, tokenId: this.#random.integer(0, VOCABULARY - 1) },
          this.#now,
        ) as Tracked,
      );
    }
  }

  #noteRequests(): void {
    for (const request of this.#live) {
      const explanation = this.#scheduler.explain(request.id, request.choice);
      if (explanation !== undefined) this.#note(`is ${label(request)} ${JSON.stringify(explanation)}`);
    }
    const { freeCount, cachedCount, heldCount } = this.#scheduler.kv.pool;
    this.#note(`blocks ${freeCount} ${cachedCount} ${heldCount}`);
  }

  #stats(): object {
    const { bookkeepingBytes: _, ...stats } = this.#scheduler.stats();
    return Object.fromEntries(Object.entries(stats).toSorted(([a], [b]) => a.localeCompare(b)));
  }

  /** An event in terms of content: names of blocks are given in the order of events. */
  #describe(event: KvEvent): string {
    if (event.type === "cleared") return `cleared ${event.tier}`;
    if (event.type === "stored") {
      const parent = event.parent === null ? `${event.salt}:${event.adapterId}` : this.#contents.get(event.parent)!;
      this.#contents.set(event.block, `${parent} ${event.tokenIds.join(",")}`);
    }
    return `${event.type} ${event.tier} ${event.group} ${this.#contents.get(event.block)}`;
  }

  /** A line; events since the last one come first, sorted: blocks of one step are indexed in any order. */
  #note(line: string): void {
    if (this.#events.length > 0) this.lines.push(...this.#events.splice(0).toSorted());
    this.lines.push(line);
  }
}

/** Tokens of one request stay in their order. */
function byRequest(a: string, b: string): number {
  return a.slice(0, a.indexOf("=")).localeCompare(b.slice(0, b.indexOf("=")));
}

function label({ id, choice }: Request): string {
  return `${String(id)}#${choice}`;
}

/** Guesses that are right now and then. */
function guesses(): { name: string; propose(tokens: Int32Array, count: number, most: number): number[] } {
  return {
    name: "differential",
    propose(tokens, count, most) {
      let id = tokens[count - 1];
      return Array.from({ length: Math.min(most, id % 4) }, (_, i) => {
        const next = (Math.imul(id, 0x9e3779b1) + 31 * (count - 1 + i)) % VOCABULARY;
        id = (next < 0 ? next + VOCABULARY : next) + (i === 2 ? 1 : 0);
        return id;
      });
    },
  };
}
