import type { StepPlan, StepResult } from "../../step.ts";
import { maskAllows, maskWordCount } from "../../token-mask.ts";

/**
 * Chooses tokens without a model: the next one is a hash of the input id and its position, so that neither the batch
 * nor the chunks nor a preemption change what a request gets. Sampling parameters are ignored, but for masks and for
 * edits that ban or force an id.
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
      const id = mix(input < 0 ? before[~input] : input, positions[row]) % this.#vocabSize;
      result.tokenIds[sample] = plan.editCount + plan.maskCount > 0 ? steered(id, plan, sample, this.#vocabSize) : id;
    }
    return result;
  }
}

/** The next id from `id` on that the sample's mask allows and no edit bans, or the one that an edit forces. */
function steered(id: number, plan: StepPlan, sample: number, vocabSize: number): number {
  const { edits, editCount, maskRows, maskCount, maskWords } = plan;
  const banned = new Set<number>();
  for (let i = editCount > 0 ? edits.indptr[sample] : 0; i < (editCount > 0 ? edits.indptr[sample + 1] : 0); i++) {
    if (edits.bias[i] === Number.POSITIVE_INFINITY) return edits.tokenIds[i];
    if (edits.bias[i] === Number.NEGATIVE_INFINITY) banned.add(edits.tokenIds[i]);
  }
  const place = maskRows.subarray(0, maskCount).indexOf(sample);
  const words = maskWords.subarray(place * maskWordCount(vocabSize));
  for (let i = 0; i < vocabSize; i++) {
    const next = (id + i) % vocabSize;
    if ((place < 0 || maskAllows(words, next)) && !banned.has(next)) return next;
  }
  return id;
}

/** Multiply and shift (MurmurHash3's constants): 32 bits, unsigned. */
function mix(token: number, position: number): number {
  let hash = Math.imul(token, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
