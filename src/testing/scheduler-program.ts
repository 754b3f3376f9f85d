import type { SchedulerOptions } from "../scheduler/options.ts";
import { guessingDrafter } from "./guessing-drafter.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * What a `SchedulerDrive` does: sizes, and how often what goes wrong. Rates are probabilities a turn.
 * A program and its seed decide the whole run.
 */
export interface SchedulerProgram {
  readonly seed: number;
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxRequests: number;
  readonly tokenBudget: number;
  readonly contextLength: number;
  /** Blocks of the host tier, 0 for none. */
  readonly hostBlockCount: number;
  /** Most tokens of one prompt in a step. */
  readonly longPrefillThreshold?: number;
  /** Most running prompts that are not wholly computed. */
  readonly maxPartialPrefills?: number;
  readonly groups: readonly { readonly window: number | null }[];
  /** Every block has the same hash: the prefix cache is slow, and as right as before. */
  readonly constantHash: boolean;
  /** A drafter guesses, right and wrong. */
  readonly drafts: boolean;
  /** Two plans are uncommitted where there are two. */
  readonly planAhead: boolean;
  /** Requests submitted in all, refused ones included. */
  readonly requestCount: number;
  readonly submitRate: number;
  /** A step fails: before it ran, or after it wrote what it was told to. */
  readonly failRate: number;
  /** The device goes, with all keys and values. */
  readonly loseDeviceRate: number;
  readonly abortRate: number;
  /** A request has a deadline or a queue timeout: probability a request. */
  readonly deadlineRate: number;
  /** The caller ends a request as stopped. */
  readonly finishRate: number;
  /** A request is paused, or a paused one resumed. */
  readonly pauseRate: number;
  /** A request branches, as beams do: probability a turn. Every second request is one that may. */
  readonly branchRate: number;
  /** It may do so while a plan in flight computes what the branch shares, and behind sliding windows. */
  readonly branchesAnywhere: boolean;
  /** A request has edits of its logits, or a mask: probability a request. */
  readonly steerRate: number;
  /** Number of the one request that fails each step it takes part in; null for none. */
  readonly poisoned: number | null;
}

/**
 * A program like any that a seed may give: small pools, where everything is scarce, and about half of them with faults.
 */
export function drawProgram(seed: number): SchedulerProgram {
  const random = new SeededRandom(seed);
  const sometimes = (probability: number, value: number): number => (random.chance(probability) ? value : 0);
  const requestCount = random.integer(1, 25);
  return {
    seed,
    blockCount: random.integer(4, 40),
    blockSize: random.pick([1, 2, 4, 16]),
    maxRequests: random.integer(1, 8),
    tokenBudget: random.integer(1, 40),
    contextLength: random.integer(8, 200),
    hostBlockCount: sometimes(0.3, random.integer(1, 20)),
    longPrefillThreshold: random.chance(0.2) ? random.integer(1, 10) : undefined,
    maxPartialPrefills: random.chance(0.2) ? random.integer(1, 3) : undefined,
    groups: drawGroups(random),
    constantHash: random.chance(0.2),
    planAhead: random.chance(0.6),
    requestCount,
    submitRate: random.pick([0.1, 0.5, 1]),
    failRate: sometimes(0.3, 0.2),
    loseDeviceRate: sometimes(0.15, 0.03),
    abortRate: sometimes(0.3, 0.1),
    deadlineRate: sometimes(0.2, 0.3),
    finishRate: sometimes(0.15, 0.05),
    pauseRate: sometimes(0.2, 0.1),
    poisoned: random.chance(0.1) ? random.integer(0, requestCount - 1) : null,
    drafts: random.chance(0.3),
    branchRate: sometimes(0.4, 0.5),
    branchesAnywhere: true,
    steerRate: seed % 4 === 3 ? 0.5 : 0,
  };
}

function drawGroups(random: SeededRandom): SchedulerProgram["groups"] {
  const window = random.integer(1, 20);
  return random.pick([
    [{ window: null }],
    [{ window: null }],
    [{ window }],
    [{ window: null }, { window }],
    [{ window }, { window: 2 * window }],
  ]);
}

/** The program's scheduler: its sizes and limits, a drafter and a hash. */
export function schedulerOptionsOf(program: SchedulerProgram): SchedulerOptions {
  const { blockCount, blockSize, maxRequests, tokenBudget, contextLength, hostBlockCount } = program;
  const { longPrefillThreshold, maxPartialPrefills, groups, drafts, constantHash } = program;
  const sizes = { blockCount, blockSize, maxRequests, tokenBudget, contextLength, hostBlockCount };
  return {
    ...sizes,
    longPrefillThreshold,
    maxPartialPrefills,
    groups,
    drafter: drafts ? guessingDrafter(groups[0].window) : undefined,
    hash: constantHash ? () => 7 : undefined,
  };
}

/** Most blocks that so many tokens of one request need. */
export function mostBlocks({ blockSize, groups }: SchedulerProgram, tokens: number): number {
  const whole = Math.ceil(tokens / blockSize);
  return groups.reduce(
    (sum, { window }) => sum + (window === null ? whole : Math.min(whole, Math.ceil(window / blockSize) + 1)),
    0,
  );
}
