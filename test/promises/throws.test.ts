/**
 * A call of a policy, or of another function that the scheduler is given, throws once: the scheduler's call throws that
 * error, no law is broken, and every request ends with its tokens.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costAware } from "../../src/policies/eviction/cost-aware.ts";
import { lfu } from "../../src/policies/eviction/lfu.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { priority as retention } from "../../src/policies/eviction/priority.ts";
import { watermark } from "../../src/policies/admission/watermark.ts";
import { pastFuture } from "../../src/policies/admission/past-future.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { promptLookup } from "../../src/policies/drafting/prompt-lookup.ts";
import { lowestPriority } from "../../src/policies/preemption/lowest-priority.ts";
import { dlpm } from "../../src/policies/queue/dlpm.ts";
import { fcfs } from "../../src/policies/queue/fcfs.ts";
import { lpm } from "../../src/policies/queue/lpm.ts";
import { mlfq } from "../../src/policies/queue/mlfq.ts";
import { vtc } from "../../src/policies/queue/vtc.ts";
import { fcfs as fcfsChunks } from "../../src/prefill/fcfs.ts";
import { DecisionLog } from "../../src/scheduler/inspect/decision-log.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { StepPlan } from "../../src/step.ts";

/** Throws at the n-th call of all the functions that it wraps, before the call or after it. */
class Fuse {
  readonly error = new RangeError("boom");
  calls = 0;
  isBlown = false;
  readonly #at: number;
  readonly #after: boolean;
  /** The fuse counts calls from now on. */
  isArmed = false;

  constructor(at: number, after: boolean) {
    this.#at = at;
    this.#after = after;
  }

  wrap<A extends unknown[], T>(call: (...args: A) => T): (...args: A) => T {
    return (...args) => {
      const blows = this.isArmed && ++this.calls === this.#at;
      if (blows) this.isBlown = true;
      if (blows && !this.#after) throw this.error;
      const result = call(...args);
      if (blows) throw this.error;
      return result;
    };
  }

  /** The object, with the fuse in each of its methods that `name` fits. */
  in<T extends object>(policy: T, name?: string): T {
    return new Proxy(policy, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        const bound = (value as (...args: unknown[]) => unknown).bind(target);
        return name === undefined || name === key ? this.wrap(bound) : bound;
      },
    });
  }
}

const queues = { fcfs, vtc, lpm, dlpm, mlfq };
const evictions = { lru, lfu, costAware, retention };

/** Where the fuse may be: every option that holds a function, or an object with methods. */
const makers: Record<string, (fuse: Fuse, method?: string) => Partial<SchedulerOptions>> = {
  ...Object.fromEntries(
    Object.entries(queues).map(([name, make]) => [
      `queue ${name}`,
      (fuse: Fuse, m?: string) => ({ queue: fuse.in(make(), m) }),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(evictions).map(([name, make]) => [
      `eviction ${name}`,
      (fuse: Fuse, m?: string) => ({ eviction: fuse.in(make(), m) }),
    ]),
  ),
  "admission watermark": (fuse, m) => ({ admission: fuse.in(watermark(), m) }),
  "admission pastFuture": (fuse, m) => ({ admission: fuse.in(pastFuture(), m) }),
  preemption: (fuse, m) => ({ preemption: fuse.in(lowestPriority(), m) }),
  chunking: (fuse, m) => ({ chunking: fuse.in(fcfsChunks(), m) }),
  budget: (fuse, m) => ({ budget: fuse.in({ ...fixed(12), observe: () => {} }, m) }),
  drafter: (fuse, m) => ({ drafter: fuse.in(promptLookup(), m) }),
  decisionLog: (fuse, m) => ({ decisionLog: fuse.in(new DecisionLog(50), m) }),
  hash: (fuse) => ({ hash: fuse.wrap((_parent: number, tokens: Int32Array, start: number) => tokens[start] & 1) }),
  worthSwapping: (fuse) => ({ worthSwapping: fuse.wrap(() => true) }),
  onEnd: (fuse) => ({ onEnd: fuse.wrap(() => {}) }),
  onKvEvent: (fuse) => ({ onKvEvent: fuse.wrap(() => {}) }),
};

interface Program {
  readonly at: number;
  readonly after: boolean;
  readonly prompts: readonly { readonly length: number; readonly beginning: number; readonly n: number }[];
  readonly blockCount: number;
  readonly windows: readonly (number | null)[];
  readonly hostBlockCount: number;
  readonly ahead: boolean;
  /** By turn: what else is done. */
  readonly acts: readonly ("none" | "fail" | "abort" | "pause")[];
}

const programs: fc.Arbitrary<Program> = fc.record({
  at: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 })),
  after: fc.boolean(),
  prompts: fc.array(
    fc.record({
      length: fc.integer({ min: 1, max: 30 }),
      beginning: fc.integer({ min: 0, max: 2 }),
      n: fc.constantFrom(1, 1, 1, 3),
    }),
    { minLength: 2, maxLength: 9 },
  ),
  blockCount: fc.integer({ min: 12, max: 24 }),
  windows: fc.constantFrom<(number | null)[]>([null], [null, 6], [5]),
  hostBlockCount: fc.constantFrom(0, 0, 6),
  ahead: fc.boolean(),
  acts: fc.array(fc.constantFrom("none", "none", "none", "none", "fail", "abort", "pause"), {
    minLength: 1,
    maxLength: 30,
  }),
});

/** Runs the program; every call may throw the fuse's error, and nothing else. */
class Run {
  readonly scheduler: Scheduler;
  readonly contextLength: number;
  readonly #fuse: Fuse;
  readonly #program: Program;
  readonly #flights: { readonly plan: StepPlan; readonly tokenIds: Int32Array }[] = [];
  #now = 0;
  thrown = 0;

  constructor(program: Program, place: string, method?: string) {
    this.#program = program;
    this.#fuse = new Fuse(program.at, program.after);
    const { blockCount, hostBlockCount, windows } = program;
    this.contextLength = 2 * Math.floor(blockCount / windows.length) - 2;
    this.scheduler = new Scheduler({
      blockCount,
      blockSize: 2,
      maxRequests: 5,
      tokenBudget: 12,
      contextLength: this.contextLength,
      hostBlockCount,
      maxPartialPrefills: 2,
      groups: windows.map((window) => ({ window })),
      ...makers[place](this.#fuse, method),
    });
    this.#fuse.isArmed = true;
  }

  /** Whether the call went through. */
  #try(call: () => void): boolean {
    const wasBlown = this.#fuse.isBlown;
    let isWhole = true;
    try {
      call();
    } catch (error) {
      if (error !== this.#fuse.error) throw error;
      this.thrown++;
      isWhole = false;
    }
    // What it throws in a call's midst, that call throws.
    if (isWhole && this.#fuse.isBlown !== wasBlown) throw new Error("the error was swallowed");
    this.#fuse.isArmed = false;
    this.scheduler.checkInvariants();
    this.#fuse.isArmed = true;
    return isWhole;
  }

  run(): void {
    const { prompts, acts } = this.#program;
    for (let turn = 0; turn < prompts.length || this.scheduler.size > 0 || this.#flights.length > 0; turn++) {
      if (turn > 500) throw new Error(`wedged: ${JSON.stringify(this.scheduler.stats())}`);
      if (turn < prompts.length) this.#submit(turn);
      this.#act(acts[turn % acts.length], turn);
      this.#step();
      this.#now++;
    }
    this.#fuse.isArmed = false;
    expect(this.scheduler.stats()).toMatchObject({ heldBlocks: 0, running: 0, waiting: 0, plansInFlight: 0 });
    if (this.#fuse.isBlown) expect(this.thrown).toBe(1);
  }

  #submit(id: number): void {
    const { length, beginning, n } = this.#program.prompts[id];
    const { contextLength } = this;
    const promptTokenIds = Array.from(
      { length: Math.min(length, contextLength - 1) },
      (_, i) => (i * (beginning + 1)) % 3,
    );
    const before = this.scheduler.size;
    const submit = (): unknown =>
      this.scheduler.submit({ id, promptTokenIds, maxTokens: 8, n, priority: id % 3, client: `c${id % 2}` }, this.#now);
    // One that is refused was not taken in, and may be sent again.
    if (this.#try(submit)) return;
    expect(this.scheduler.size).toBe(before);
    this.#try(submit);
  }

  #act(act: Program["acts"][number], turn: number): void {
    const id = turn % this.#program.prompts.length;
    if (act === "abort") this.#try(() => this.scheduler.abort(id, this.#now));
    if (act === "pause" && turn < 100) {
      this.#try(() => this.scheduler.pause(id, this.#now));
      this.#try(() => this.scheduler.resume(id, this.#now));
    }
    if (act === "fail" && turn < 100 && this.#flights.length > 0) {
      const [{ plan }] = this.#flights.splice(0);
      this.#try(() => this.scheduler.rollback(plan, this.#now, new Error("step")));
    }
  }

  #step(): void {
    let plan: StepPlan | null = null;
    if (this.#flights.length < (this.#program.ahead ? 2 : 1)) {
      this.#try(() => void (plan = this.scheduler.schedule(this.#now)));
    }
    if (plan !== null) this.#flights.push({ plan, tokenIds: this.#compute(plan) });
    if (this.#flights.length === 0 || (plan !== null && this.#program.ahead && this.#flights.length < 2)) return;
    const { plan: oldest, tokenIds } = this.#flights.shift()!;
    this.#try(() => this.scheduler.commit(oldest, { tokenIds }, this.#now));
  }

  /** Any tokens do: the laws are of requests and blocks. */
  #compute({ index, sampleCount }: StepPlan): Int32Array {
    return Int32Array.from({ length: sampleCount }, (_, i) => (7 * index + 5 * i) % 3);
  }
}

describe("a call that throws once wedges nothing and loses no request", () => {
  test.each(Object.keys(makers))("%s", (place) => {
    fc.assert(
      fc.property(programs, (program) => new Run(program, place).run()),
      { numRuns: Number(process.env.BSTAR_RUNS ?? 25) },
    );
  });
});

test.each([
  ["queue fcfs", "add"],
  ["queue fcfs", "remove"],
  ["queue vtc", "charge"],
  ["queue vtc", "ended"],
  ["eviction lru", "add"],
  ["eviction lru", "remove"],
  ["eviction lfu", "hit"],
  ["eviction lfu", "becameLeaf"],
  ["eviction lfu", "dropped"],
  ["eviction retention", "advance"],
  ["admission pastFuture", "ended"],
  ["budget", "observe"],
  ["decisionLog", "note"],
])("%s: %s, at any of its calls", (place, method) => {
  fc.assert(
    fc.property(programs, (program) => new Run(program, place, method).run()),
    { numRuns: Number(process.env.BSTAR_RUNS ?? 15) },
  );
});
