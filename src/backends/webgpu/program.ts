import type { ForwardLaunches } from "./forward.ts";
import { type DispatchSize, type LaunchSet, dispatch } from "./launch.ts";
import type { SamplerLaunches, Wants } from "./sampler.ts";

/** How large a step is. */
export interface StepSize {
  readonly tokenCount: number;
  readonly sampleCount: number;
  /** Attention segments of its longest context. */
  readonly segments: number;
}

/** Everything that a step dispatches, prepared: a step only says how many rows there are. */
export class Program {
  readonly #forward: ForwardLaunches;
  readonly #sampler: readonly SamplerLaunches[];
  readonly #tile: number;
  readonly #mostRows: readonly number[];
  /** By class of rows: the class whose launches run. */
  readonly #launched: number[];

  /** `tile`: samples of a tile; `mostRows`: of each class of rows, in ascending order. */
  constructor(
    forward: ForwardLaunches,
    sampler: readonly SamplerLaunches[],
    tile: number,
    mostRows: readonly number[],
  ) {
    this.#forward = forward;
    this.#sampler = sampler;
    this.#tile = tile;
    this.#mostRows = mostRows;
    this.#launched = mostRows.map((_, number) => number);
  }

  get classCount(): number {
    return this.#mostRows.length;
  }

  /** The pipelines of all launches, in order: programs with the same ones compute the same. */
  get pipelines(): GPUComputePipeline[] {
    const sets = [...this.#forward.tokens, ...this.#forward.tiles.flat()];
    return sets.flatMap(({ byClass }) => byClass.flatMap((launch) => launch?.pipeline ?? []));
  }

  /** From now on, the launches of a class for which `isKept` is false are replaced by those of a class before it. */
  keep(isKept: readonly boolean[]): void {
    for (let number = 1; number < isKept.length; number++) {
      if (!isKept[number]) this.#launched[number] = this.#launched[number - 1];
    }
  }

  /** Records one compute pass; `forced`: the class of every launch, for the probe. */
  encode(
    encoder: GPUCommandEncoder,
    { tokenCount, sampleCount, segments }: StepSize,
    wants: Wants,
    forced: number | null = null,
  ): void {
    if (tokenCount === 0) return; // moves alone
    const pass = encoder.beginComputePass();
    this.#launch(pass, this.#forward.tokens, { rows: tokenCount, segments }, forced);
    for (let tile = 0; tile * this.#tile < sampleCount; tile++) {
      const rows = Math.min(this.#tile, sampleCount - tile * this.#tile);
      this.#launch(pass, this.#forward.tiles[tile], { rows, segments }, forced);
      this.#sampleTile(pass, tile, { rows, segments }, wants);
    }
    pass.end();
  }

  #sampleTile(pass: GPUComputePassEncoder, tile: number, size: DispatchSize, wants: Wants): void {
    const { greedy, sample, logprobs, edit, greedyOfEdited, sampleOfEdited } = this.#sampler[tile];
    dispatch(pass, greedy, size);
    if (wants.edits) {
      dispatch(pass, edit, size);
      dispatch(pass, greedyOfEdited, size);
    }
    if (wants.draws) dispatch(pass, wants.edits ? sampleOfEdited : sample, size);
    if (wants.logprobs) dispatch(pass, logprobs, size);
  }

  #launch(pass: GPUComputePassEncoder, sets: readonly LaunchSet[], size: DispatchSize, forced: number | null): void {
    const number = forced ?? this.#launched[this.#mostRows.findIndex((most) => size.rows <= most)];
    for (const { byClass } of sets) {
      const launch = byClass[Math.min(number, byClass.length - 1)];
      if (launch !== null) dispatch(pass, launch, size);
    }
  }
}
