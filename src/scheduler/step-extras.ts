import type { Residents } from "./residents.ts";

/** What a step does beside one sample a request: first tokens of further choices where a prompt is complete. */
export class StepExtras {
  readonly #residents: Residents;
  readonly #maxSamples: number;

  /** `maxSamples`: most samples of a step. */
  constructor(residents: Residents, maxSamples: number) {
    this.#residents = residents;
    this.#maxSamples = maxSamples;
  }

  /** Adds to the step under construction, in which everybody has its tokens. */
  add(): void {
    const { sampledSerials } = this.#residents;
    if (sampledSerials.length === 0) return;
    let room = this.#maxSamples - this.#sampleCount();
    for (const entry of sampledSerials) {
      const count = Math.min(room, entry.followers.length);
      if (count > 0) this.#residents.fan(entry, count);
      room -= count;
    }
    sampledSerials.length = 0;
  }

  #sampleCount(): number {
    let count = 0;
    for (const entry of this.#residents.running) if (entry.chunk > 0) count += entry.sampleCount;
    return count;
  }
}
