import type { ForwardLaunches } from "./forward.ts";
import { type LaunchPair, dispatch } from "./launch.ts";
import type { SamplerLaunches, Wants } from "./sampler.ts";

/** Everything that a step dispatches, prepared: a step only says how many rows there are. */
export class Program {
  readonly #forward: ForwardLaunches;
  readonly #sampler: readonly SamplerLaunches[];
  readonly #tile: number;
  readonly #manyRows: number;

  /** `tile`: samples of a tile; `manyRows`: from how many rows the second launch of a pair is the faster one. */
  constructor(forward: ForwardLaunches, sampler: readonly SamplerLaunches[], tile: number, manyRows: number) {
    this.#forward = forward;
    this.#sampler = sampler;
    this.#tile = tile;
    this.#manyRows = manyRows;
  }

  /** Records one compute pass. */
  encode(encoder: GPUCommandEncoder, tokenCount: number, sampleCount: number, wants: Wants): void {
    if (tokenCount === 0) return; // moves alone
    const pass = encoder.beginComputePass();
    this.#launch(pass, this.#forward.tokens, tokenCount);
    for (let tile = 0; tile * this.#tile < sampleCount; tile++) {
      this.#sampleTile(pass, tile, Math.min(this.#tile, sampleCount - tile * this.#tile), wants);
    }
    pass.end();
  }

  #sampleTile(pass: GPUComputePassEncoder, tile: number, rows: number, wants: Wants): void {
    this.#launch(pass, this.#forward.tiles[tile], rows);
    const { greedy, sample, logprobs } = this.#sampler[tile];
    dispatch(pass, greedy, rows);
    if (wants.draws) dispatch(pass, sample, rows);
    if (wants.logprobs) dispatch(pass, logprobs, rows);
  }

  #launch(pass: GPUComputePassEncoder, pairs: readonly LaunchPair[], rows: number): void {
    for (const { few, many } of pairs) dispatch(pass, rows < this.#manyRows ? few : many, rows);
  }
}
