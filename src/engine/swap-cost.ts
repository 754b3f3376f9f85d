import type { Backend } from "../backends/backend.ts";

/** Blocks that are moved to time a move: enough to see the rate, few enough to take no time. */
const SAMPLE_BLOCKS = 8;

/** Weight of the newest step in the running mean of seconds a token: some ten steps are remembered. */
const NEWEST = 0.1;

/**
 * Whether swapping a block out and in again is cheaper than computing its tokens again, by what this device has shown:
 * its own rate of moving blocks, timed once, and its own seconds a token, from the steps with several tokens a request.
 */
export class SwapCost {
  readonly #blockSize: number;
  #secondsPerBlock = 0;
  #secondsPerToken = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  /** Times reading and writing back some blocks; only while no plan is in flight and no block is held. */
  async measure(backend: Backend, clock: () => number): Promise<void> {
    const blocks = Int32Array.from({ length: Math.min(SAMPLE_BLOCKS, backend.info.blockCount) }, (_, i) => i + 1);
    const start = clock();
    await backend.writeBlocks(blocks, await backend.readBlocks(blocks));
    this.#secondsPerBlock = (clock() - start) / blocks.length;
  }

  /** A step of prompts was done. */
  observe(tokenCount: number, requestCount: number, seconds: number): void {
    if (tokenCount < 2 * requestCount) return;
    const perToken = seconds / tokenCount;
    this.#secondsPerToken = this.#secondsPerToken === 0 ? perToken : this.#secondsPerToken + NEWEST * (perToken - this.#secondsPerToken);
  }

  /** Until a prompt has been timed, moving is taken to be cheaper: keeping what is there costs least if that is wrong. */
  get worthSwapping(): boolean {
    return this.#secondsPerToken === 0 || this.#secondsPerBlock < this.#blockSize * this.#secondsPerToken;
  }
}
