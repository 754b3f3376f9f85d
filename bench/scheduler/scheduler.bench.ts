import { lru } from "../../src/policies/eviction/lru.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { BenchRow, Suite } from "../bench.ts";

const PROMPT = 512;
const BLOCK = 16;

/**
 * Steps before the requests are begun anew: contexts are 512 to 1,500 tokens long, some hundred more where 1,024
 * requests begin one after the other.
 */
const STEPS = 1000;

/** Steps of the measurement of garbage. */
const GARBAGE_STEPS = 5000;
const GARBAGE_WINDOWS = 4;

/** Published measurements of other schedulers on a machine of this kind, in µs. */
const OTHERS: Readonly<Record<number, string>> = {
  32: "vLLM 247 µs, nano-vllm 16.4 µs",
  256: "vLLM 2,052 µs, nano-vllm 127 µs",
  1024: "vLLM 9,050 µs, nano-vllm 555 µs",
};
const AIMS: Readonly<Record<number, string>> = { 32: "<= 2 µs", 256: "<= 12 µs", 1024: "<= 50 µs" };

export default function (suite: Suite): BenchRow[] {
  for (const count of [32, 128, 256, 1024]) {
    for (const staggered of [true, false]) addDecodes(suite, count, staggered);
  }
  addMixed(suite);
  return [garbage(256, true), garbage(256, false)];
}

/** Prompts that share nothing; staggered ones fill their blocks in different steps. */
function promptOf(request: number, staggered: boolean): Int32Array {
  return Int32Array.from(
    { length: PROMPT + (staggered ? request % BLOCK : 0) },
    (_, i) => (request * 7919 + i * 31) % 50_000,
  );
}

/** A scheduler in whose every step `count` requests decode, for so many steps. */
class Decodes {
  readonly scheduler: Scheduler;
  readonly #result: { tokenIds: Int32Array };
  #now = 0;

  constructor(count: number, staggered: boolean, steps: number) {
    // The first to come decode while the others are admitted, at least two a step.
    const length = PROMPT + BLOCK + count / 2 + steps + 8;
    this.scheduler = new Scheduler({
      blockCount: count * Math.ceil(length / BLOCK) + 64,
      blockSize: BLOCK,
      maxRequests: count,
      tokenBudget: Math.max(2048, count),
      eviction: lru(),
    });
    this.#result = { tokenIds: new Int32Array(count).fill(5) };
    for (let id = 0; id < count; id++) {
      this.scheduler.submit({ id, promptTokenIds: promptOf(id, staggered), maxTokens: length - PROMPT - BLOCK }, 0);
    }
    while (this.step() !== count);
  }

  /** schedule and commit; returns the step's tokens. */
  step(): number {
    const plan = this.scheduler.schedule(++this.#now)!;
    this.scheduler.commit(plan, this.#result, this.#now);
    return plan.tokenCount;
  }
}

function addDecodes(suite: Suite, count: number, staggered: boolean): void {
  let decodes: Decodes | undefined;
  let steps = 0;
  suite.add(
    `schedule + commit, ${count.toLocaleString("en")} decodes, ${staggered ? "staggered" : "aligned"}`,
    () => decodes!.step(),
    {
      beforeEach() {
        if (decodes === undefined || ++steps % STEPS === 0) decodes = new Decodes(count, staggered, STEPS);
      },
      afterAll() {
        decodes = undefined;
      },
      aim: staggered ? AIMS[count] : undefined,
      reference: staggered ? OTHERS[count] : undefined,
    },
  );
}

/** A budget of 2,048 tokens: 256 decodes, and prompts of 1,000 tokens of which 512 are always the same. */
class Mixed {
  readonly #scheduler = new Scheduler({
    blockCount: 40_000,
    blockSize: BLOCK,
    maxRequests: 300,
    tokenBudget: 2048,
    eviction: lru(),
  });
  readonly #result = { tokenIds: new Int32Array(300).fill(5) };
  readonly #prompt = Int32Array.from({ length: 1000 }, (_, i) => 40_000 + i);
  #submitted = 0;
  #now = 0;

  constructor() {
    for (let id = 0; id < 256; id++) {
      this.#scheduler.submit({ id, promptTokenIds: promptOf(id, true), maxTokens: 2000 }, 0);
    }
    for (this.#submitted = 256; this.#scheduler.stats().waiting > 0;) this.step();
    for (let i = 0; i < 8; i++) this.supply();
  }

  /** Keeps enough prompts waiting. */
  supply(): void {
    while (this.#scheduler.stats().waiting < 6) {
      // Copied by submit: one array, whose tokens differ from the 513th on.
      this.#prompt[512] = this.#submitted;
      this.#scheduler.submit({ id: this.#submitted++, promptTokenIds: this.#prompt, maxTokens: 1 }, this.#now);
    }
  }

  step(): void {
    const plan = this.#scheduler.schedule(++this.#now)!;
    this.#scheduler.commit(plan, this.#result, this.#now);
  }
}

function addMixed(suite: Suite): void {
  let mixed: Mixed | undefined;
  let steps = 0;
  suite.add(
    "schedule + commit, mixed: budget 2,048, 256 decodes, 1,000-token prompts sharing 512",
    () => mixed!.step(),
    {
      beforeEach() {
        if (mixed === undefined || ++steps % STEPS === 0) mixed = new Mixed();
        mixed.supply();
      },
      aim: "<= 40 µs",
      reference: "vLLM 2,732 µs",
    },
  );
}

/**
 * What a steady decode step leaves for the garbage collector: of some windows the least, for the compiler's code and
 * notes are on the same heap, and it works in the first ones.
 */
function garbage(count: number, staggered: boolean): BenchRow {
  const name = `garbage a step, ${count} decodes, ${staggered ? "staggered" : "aligned"}`;
  if (globalThis.gc === undefined) return { name, note: "needs node --expose-gc" };
  const bytes = Math.min(...Array.from({ length: GARBAGE_WINDOWS }, () => bytesAStep(count, staggered)));
  return {
    name,
    note: `${bytes.toFixed(1)} bytes (heap delta over ${GARBAGE_STEPS.toLocaleString("en")} steps)`,
    aim: "0 bytes",
  };
}

function bytesAStep(count: number, staggered: boolean): number {
  const decodes = new Decodes(count, staggered, GARBAGE_STEPS + STEPS);
  for (let i = 0; i < STEPS; i++) decodes.step();
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < GARBAGE_STEPS; i++) decodes.step();
  return (process.memoryUsage().heapUsed - before) / GARBAGE_STEPS;
}
