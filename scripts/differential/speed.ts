/**
 * Times of `schedule` and `commit` on two versions, alternated in one process: on a busy machine the ratio of medians
 * says more than either time.
 */
import type { Version } from "./run.ts";

const PROMPT = 512;
const BLOCK = 16;

/** Steps of a version before the other has its turn. */
const STEPS_A_TURN = 50;
const TURNS = 60;
/** Steps that the compiler gets before any is timed. */
const WARM_STEPS = 3000;

interface Load {
  step(): void;
}

/** A case: the same load for each version. */
interface SpeedCase {
  readonly name: string;
  readonly make: (version: Version) => Load;
}

function promptOf(request: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => (request * 7919 + i * 31) % 50_000);
}

/** `count` requests that decode, each begun anew when it ends; two plans ahead where asked. */
function decodes(version: Version, count: number, ahead: boolean): Load {
  const length = PROMPT + 2 * BLOCK + count + WARM_STEPS + 2 * STEPS_A_TURN * TURNS;
  const scheduler = new version.Scheduler({
    blockCount: count * Math.ceil(length / BLOCK) + 64,
    blockSize: BLOCK,
    maxRequests: count,
    tokenBudget: Math.max(2048, count),
    eviction: version.lru(),
  });
  const result = { tokenIds: new Int32Array(count).fill(5) };
  let now = 0;
  for (let id = 0; id < count; id++) {
    scheduler.submit(
      { id, promptTokenIds: promptOf(id, PROMPT + (id % BLOCK)), maxTokens: length - PROMPT - BLOCK },
      0,
    );
  }
  while (scheduler.stats().waiting > 0) scheduler.commit(scheduler.schedule(++now)!, result, now);
  let behind = ahead ? scheduler.schedule(++now)! : null;
  return {
    step() {
      const plan = scheduler.schedule(++now)!;
      scheduler.commit(behind ?? plan, result, now);
      if (ahead) behind = plan;
    },
  };
}

/** 256 decodes beside prompts of 1,000 tokens, 512 of which are always the same; budget 2,048. */
function mixed(version: Version): Load {
  const scheduler = new version.Scheduler({
    blockCount: 120_000,
    blockSize: BLOCK,
    maxRequests: 300,
    tokenBudget: 2048,
    eviction: version.lru(),
  });
  const result = { tokenIds: new Int32Array(300).fill(5) };
  const prompt = Int32Array.from({ length: 1000 }, (_, i) => 40_000 + i);
  let now = 0;
  let submitted = 256;
  for (let id = 0; id < submitted; id++) {
    scheduler.submit(
      { id, promptTokenIds: promptOf(id, PROMPT + (id % BLOCK)), maxTokens: WARM_STEPS + 3 * STEPS_A_TURN * TURNS },
      0,
    );
  }
  const step = (): void => {
    const plan = scheduler.schedule(++now)!;
    scheduler.commit(plan, result, now);
  };
  while (scheduler.stats().waiting > 0) step();
  return {
    step() {
      while (scheduler.stats().waiting < 6) {
        prompt[512] = submitted;
        scheduler.submit({ id: submitted++, promptTokenIds: prompt, maxTokens: 1 }, now);
      }
      step();
    },
  };
}

const CASES: readonly SpeedCase[] = [
  ...[32, 256, 1024].map((count) => ({
    name: `${count} decodes`,
    make: (version: Version) => decodes(version, count, false),
  })),
  { name: "1024 decodes, one step ahead", make: (version) => decodes(version, 1024, true) },
  { name: "mixed step", make: mixed },
];

/** A line a case: medians of the time of a step, and their ratio. */
export function compareSpeed(here: Version, there: Version): string[] {
  return CASES.map(({ name, make }) => {
    const loads = [make(here), make(there)];
    for (const load of loads) for (let i = 0; i < WARM_STEPS; i++) load.step();
    const times: number[][] = [[], []];
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [version, load] of loads.entries()) times[version].push(timeOf(load));
    }
    const [mine, theirs] = times.map((each) => each.toSorted((a, b) => a - b)[TURNS >> 1]);
    return `${name}: ${mine.toFixed(1)} µs, there ${theirs.toFixed(1)} µs, ratio ${(mine / theirs).toFixed(2)}`;
  });
}

/** Microseconds of a step. */
function timeOf(load: Load): number {
  const began = performance.now();
  for (let i = 0; i < STEPS_A_TURN; i++) load.step();
  return (1000 * (performance.now() - began)) / STEPS_A_TURN;
}
