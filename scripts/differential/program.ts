/** Random programs for two versions of the scheduler: sizes, policies, and what happens. A seed decides everything. */
import { SeededRandom } from "../../src/testing/seeded-random.ts";

export interface Program {
  readonly seed: number;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxRequests: number;
  readonly tokenBudget: number;
  readonly contextLength: number;
  readonly hostBlockCount: number;
  readonly groups: readonly { readonly window: number | null }[];
  readonly limits: Readonly<Record<string, number>>;
  /** By name. */
  readonly policies: {
    readonly queue: string;
    readonly admission: string;
    readonly preemption: string;
    readonly eviction: string;
    readonly chunking: string;
  };
  readonly drafts: boolean;
  readonly planAhead: boolean;
  readonly turns: number;
  readonly rates: {
    readonly submit: number;
    readonly fail: number;
    readonly lose: number;
    readonly abort: number;
    readonly pause: number;
    readonly beams: number;
    readonly reset: number;
  };
}

const QUEUES = ["fcfs", "priority", "sjf", "lpm", "hrrn", "edf", "vtc", "dlpm", "mlfq"];
const ADMISSIONS = ["watermark", "no-evict", "reserve-context", "max-utilization", "estimated", "past-future"];
const PREEMPTIONS = ["last-in", "lowest-priority", "fewest-computed"];
const EVICTIONS = ["lru", "lfu", "priority", "cost-aware"];
const CHUNKINGS = ["fcfs", "equal-progress", "none"];

export function drawProgram(seed: number): Program {
  const random = new SeededRandom(seed);
  const sometimes = (probability: number, value: number): number => (random.chance(probability) ? value : 0);
  const named = (names: readonly string[]): string => (random.chance(0.4) ? names[0] : random.pick(names));
  const window = random.integer(1, 20);
  const blockSize = random.pick([1, 2, 4, 16]);
  const preemption = named(PREEMPTIONS);
  return {
    seed,
    blockCount: random.chance(0.5) ? random.integer(4, 40) : random.integer(40, 200),
    blockSize,
    maxRequests: random.integer(1, 12),
    tokenBudget: random.integer(1, 48),
    contextLength: random.integer(8, 200),
    hostBlockCount: sometimes(0.3, random.integer(1, 20)),
    groups: random.pick([
      [{ window: null }],
      [{ window: null }],
      [{ window: null }],
      [{ window }],
      [{ window: null }, { window }],
      [{ window }, { window: 2 * window }],
    ]),
    limits: drawLimits(random),
    policies: {
      queue: preemption === "lowest-priority" ? "priority" : named(QUEUES),
      admission: named(ADMISSIONS),
      preemption,
      eviction: named(EVICTIONS),
      chunking: named(CHUNKINGS),
    },
    drafts: random.chance(0.25),
    planAhead: random.chance(0.6),
    turns: random.integer(30, 200),
    rates: {
      submit: random.pick([0.1, 0.3, 0.8]),
      fail: sometimes(0.3, 0.15),
      lose: sometimes(0.1, 0.02),
      abort: sometimes(0.3, 0.05),
      pause: sometimes(0.2, 0.05),
      beams: sometimes(0.2, 0.3),
      reset: sometimes(0.1, 0.05),
    },
  };
}

function drawLimits(random: SeededRandom): Record<string, number> {
  const limits: Record<string, number> = {};
  if (random.chance(0.2)) limits["longPrefillThreshold"] = random.integer(1, 20);
  if (random.chance(0.2)) limits["maxPartialPrefills"] = random.integer(1, 3);
  if (random.chance(0.1)) limits["maxLongPartialPrefills"] = 1;
  if (random.chance(0.2)) limits["maxAdapters"] = random.integer(1, 2);
  if (random.chance(0.2)) limits["maxFailures"] = random.integer(1, 3);
  if (random.chance(0.1)) limits["maxWaitingRequests"] = 3;
  return limits;
}
