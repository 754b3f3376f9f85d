import type { Backend, BackendInfo } from "../backends/backend.ts";
import type { StepPlan } from "../step.ts";
import type { EvictionLoss } from "./eviction-loss.ts";

/** Blocks that are moved to time a move: enough to see the rate, few enough to take no time. */
const SAMPLE_BLOCKS = 8;

/** Weight of an earlier step beside the one after it: some ten steps are remembered. */
const KEPT = 0.9;

/**
 * Least share of their sizes' product by which steps must differ in shape, to tell the time of tokens from that of
 * contexts: below, noise is what differs.
 */
const LEAST_SPREAD = 1e-2;

/**
 * Whether keeping an evicted block on the host is cheaper than computing it again, by what this device has shown: its
 * own seconds to read and to write a block, timed once, and its own seconds a token and a visible position, from the
 * steps with several tokens a request.
 *
 * Keeping costs one block's way out and, when it is wanted, the way back of it and of later blocks on the host; giving
 * it up costs the computing of all their tokens. Costs a block and a token are constant, so the sum over a victim's
 * blocks decides alike.
 */
export class SwapCost {
  readonly #blockSize: number;
  readonly #hasTier: boolean;
  #secondsOut = 0;
  #secondsIn = 0;
  #isAvailable = true;
  /** Of the remembered steps, by tokens t, visible positions p and seconds s: the sums of tt, tp, pp, ts, ps. */
  readonly #sums = new Float64Array(5);
  #secondsPerToken = 0;
  #secondsPerPosition = 0;

  constructor({ blockSize, hostBlockCount }: Pick<BackendInfo, "blockSize" | "hostBlockCount">) {
    this.#blockSize = blockSize;
    this.#hasTier = hostBlockCount > 0;
  }

  /**
   * Times reading and writing back some blocks; only while no plan is in flight and no block is held. Where that fails
   * nothing is worth swapping.
   */
  async measure(backend: Backend, clock: () => number): Promise<void> {
    if (!this.#hasTier) return;
    const blocks = Int32Array.from({ length: Math.min(SAMPLE_BLOCKS, backend.info.blockCount) }, (_, i) => i + 1);
    const start = clock();
    try {
      const data = await backend.readBlocks(blocks);
      const read = clock();
      await backend.writeBlocks(blocks, data);
      this.#secondsOut = (read - start) / blocks.length;
      this.#secondsIn = (clock() - read) / blocks.length;
      this.#isAvailable = true;
    } catch {
      this.#isAvailable = false;
    }
  }

  /** What is to be observed of a plan once it is done: its columns change before that. Null where nothing is. */
  loadOf(plan: StepPlan): StepLoad | null {
    return this.#hasTier ? loadOf(plan) : null;
  }

  /** A step was done. Steps without a prompt say nothing about recomputation. */
  observe({ tokenCount, requestCount, positions }: StepLoad, seconds: number): void {
    if (tokenCount < 2 * requestCount || !(seconds > 0)) return;
    const terms = [
      tokenCount * tokenCount,
      tokenCount * positions,
      positions * positions,
      tokenCount * seconds,
      positions * seconds,
    ];
    for (const [i, term] of terms.entries()) this.#sums[i] = KEPT * this.#sums[i] + term;
    this.#fit();
  }

  /**
   * Whether a block is to be kept with which this would be lost. Until a prompt has been timed, keeping is taken to be
   * cheaper: it costs least if that is wrong.
   */
  isWorth({ position, blocksBehind, groupCount }: EvictionLoss): boolean {
    if (!this.#isAvailable) return false;
    if (this.#sums[0] === 0) return true;
    const blocks = 1 + blocksBehind;
    const tokens = blocks * this.#blockSize;
    // Each token attends to itself and all earlier tokens.
    const positions = tokens * (position + (tokens + 1) / 2);
    const recompute = tokens * this.#secondsPerToken + positions * this.#secondsPerPosition;
    return groupCount * (this.#secondsOut + blocks * this.#secondsIn) < recompute;
  }

  /** Least squares of s = a t + b p, both at least 0. */
  #fit(): void {
    const [tt, tp, pp, ts, ps] = this.#sums;
    const spread = tt * pp - tp * tp;
    const perToken = (ts * pp - ps * tp) / spread;
    const perPosition = (ps * tt - ts * tp) / spread;
    const isTold = spread > LEAST_SPREAD * tt * pp && perToken >= 0 && perPosition >= 0;
    this.#secondsPerToken = isTold ? perToken : ts / tt;
    this.#secondsPerPosition = isTold ? perPosition : 0;
  }
}

/** What a step computes. */
export interface StepLoad {
  readonly tokenCount: number;
  readonly requestCount: number;
  /** Positions that its tokens see, over all of them. */
  readonly positions: number;
}

/** n tokens of a request that sees c at last see n c - n (n - 1) / 2. */
function loadOf({ tokenCount, requestCount, queryIndptr, contextLengths }: StepPlan): StepLoad {
  let positions = 0;
  for (let row = 0; row < requestCount; row++) {
    const tokens = queryIndptr[row + 1] - queryIndptr[row];
    positions += tokens * contextLengths[row] - (tokens * (tokens - 1)) / 2;
  }
  return { tokenCount, requestCount, positions };
}
