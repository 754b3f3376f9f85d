import type { StepPlan, StepResult } from "../../step.ts";

/**
 * Chooses tokens without a model: the next one is a hash of the input id and its position, so that neither the batch
 * nor the chunks nor a preemption change what a request gets. Sampling parameters are ignored.
 *
 * Results alternate between two arrays: one stays valid until the second next step.
 */
export class SyntheticTokens {
  readonly #vocabSize: number;
  readonly #results: readonly [StepResult, StepResult];
  #turn = 0;

  constructor(vocabSize: number, maxSamples: number) {
    this.#vocabSize = vocabSize;
    this.#results = [{ tokenIds: new Int32Array(maxSamples) }, { tokenIds: new Int32Array(maxSamples) }];
  }

  sample(plan: StepPlan): StepResult {
    const before = this.#results[this.#turn].tokenIds;
    this.#turn = 1 - this.#turn;
    const result = this.#results[this.#turn];
    const { sampleRows, tokenIds, positions, sampleCount } = plan;
    for (let sample = 0; sample < sampleCount; sample++) {
      const row = sampleRows[sample];
      const input = tokenIds[row];
      result.tokenIds[sample] = mix(input < 0 ? before[~input] : input, positions[row]) % this.#vocabSize;
    }
    return result;
  }
}

/** Multiply and shift (MurmurHash3's constants): 32 bits, unsigned. */
function mix(token: number, position: number): number {
  let hash = Math.imul(token, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
