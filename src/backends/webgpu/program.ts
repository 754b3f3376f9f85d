import type { ForwardLaunches } from "./forward.ts";
import { dispatch } from "./launch.ts";
import type { SamplerLaunches, Wants } from "./sampler.ts";

/** Everything that a step dispatches, prepared: a step only says how many rows there are. */
export class Program {
  readonly #forward: ForwardLaunches;
  readonly #sampler: readonly SamplerLaunches[];
  readonly #tile: number;

  /** `tile`: samples of a tile. */
  constructor(forward: ForwardLaunches, sampler: readonly SamplerLaunches[], tile: number) {
    this.#forward = forward;
    this.#sampler = sampler;
    this.#tile = tile;
  }

  /** Records one compute pass. */
  encode(encoder: GPUCommandEncoder, tokenCount: number, sampleCount: number, wants: Wants): void {
    const pass = encoder.beginComputePass();
    for (const pair of this.#forward.tokens) dispatch(pass, pair, tokenCount);
    for (let tile = 0; tile * this.#tile < sampleCount; tile++) {
      this.#sampleTile(pass, tile, Math.min(this.#tile, sampleCount - tile * this.#tile), wants);
    }
    pass.end();
  }

  #sampleTile(pass: GPUComputePassEncoder, tile: number, rows: number, wants: Wants): void {
    for (const pair of this.#forward.tiles[tile]) dispatch(pass, pair, rows);
    const { greedy, sample, logprobs } = this.#sampler[tile];
    dispatch(pass, greedy, rows);
    if (wants.draws) dispatch(pass, sample, rows);
    if (wants.logprobs) dispatch(pass, logprobs, rows);
  }
}
