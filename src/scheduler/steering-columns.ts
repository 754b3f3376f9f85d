import type { Steering } from "../constraints/steering.ts";
import type { EditColumns } from "../step.ts";
import type { Sequence } from "./sequence.ts";
import type { SlotColumns } from "./slot-columns.ts";

/** What is read of a step's record. */
interface SampledRows {
  readonly plan: { readonly requestCount: number; editCount: number; maskCount: number };
  readonly requests: readonly Sequence[];
  readonly slots: Int32Array;
  readonly sampleCounts: Int32Array;
  readonly scoreCounts: Int32Array;
  readonly scoreStarts: Int32Array;
  readonly samples: readonly Sequence[];
}

/** Growing columns of edits. */
class Edits implements EditColumns {
  readonly indptr: Int32Array;
  tokenIds = new Int32Array(0);
  bias = new Float32Array(0);
  scale = new Float32Array(0);
  penalty = new Float32Array(0);

  constructor(maxSamples: number) {
    this.indptr = new Int32Array(maxSamples + 1);
  }

  /** Writes an edit that leaves no other id. */
  force(at: number, tokenId: number): void {
    this.tokenIds[at] = tokenId;
    this.bias[at] = Number.POSITIVE_INFINITY;
    this.scale[at] = 1;
    this.penalty[at] = 0;
  }

  /** Room for `count` edits, of which the first `kept` stay. */
  reserve(count: number, kept: number): void {
    if (count <= this.tokenIds.length) return;
    const length = Math.max(count, 2 * this.tokenIds.length);
    const before = [this.tokenIds, this.bias, this.scale, this.penalty];
    this.tokenIds = new Int32Array(length);
    [this.bias, this.scale, this.penalty] = [0, 1, 2].map(() => new Float32Array(length));
    const now = [this.tokenIds, this.bias, this.scale, this.penalty];
    for (const [i, column] of now.entries()) column.set(before[i].subarray(0, kept));
  }
}

/**
 * What a plan says of edits and masks, written anew for each plan with a request that is steered. The arrays grow to
 * the largest step.
 */
export class SteeringColumns {
  readonly edits: Edits;
  /** [maskCount] */
  readonly maskRows: Int32Array;
  /** [maskCount x words] */
  maskWords = new Int32Array(0);
  #editCount = 0;
  #maskCount = 0;

  constructor(maxSamples: number) {
    this.edits = new Edits(maxSamples);
    this.maskRows = new Int32Array(maxSamples);
  }

  /** Writes the edits and masks of the record's samples, and its plan's counts of them. */
  gather(record: SampledRows, slots: SlotColumns): void {
    this.#editCount = 0;
    this.#maskCount = 0;
    let sample = 0;
    for (let row = 0; row < record.plan.requestCount; row++) {
      const slot = record.slots[row];
      const count = record.sampleCounts[row];
      const scores = record.scoreCounts[row];
      if (scores > 0) this.#writeScores(record.requests[row], sample, record.scoreStarts[row], scores);
      sample += scores;
      if (slots.drafts[slot] > 0) this.#writeDrafts(record.requests[row], sample, count);
      else {
        for (let i = 0; i < count; i++) {
          const { steering } = record.samples[sample + i];
          this.#write(steering, sample + i, slots.computed[slot], 0);
        }
      }
      sample += count;
    }
    this.edits.indptr[sample] = this.#editCount;
    record.plan.editCount = this.#editCount;
    record.plan.maskCount = this.#maskCount;
  }

  /** Prompt tokens from position `start` on, each forced. */
  #writeScores({ tokens }: Sequence, from: number, start: number, count: number): void {
    this.edits.reserve(this.#editCount + count, this.#editCount);
    for (let i = 0; i < count; i++) {
      this.edits.indptr[from + i] = this.#editCount;
      this.edits.force(this.#editCount++, tokens[start + i]);
    }
  }

  /** The sample behind each draft has the edits that hold if the drafts before it are right. */
  #writeDrafts({ steering, tokens, tokenCount }: Sequence, from: number, count: number): void {
    for (let i = 0; i < count; i++) {
      if (i > 0) steering?.take(tokens[tokenCount + i - 1]);
      this.#write(steering, from + i, tokenCount + i, i);
    }
    for (let i = count - 2; i >= 0; i--) steering?.undo(tokens[tokenCount + i]);
  }

  /** `position`: of the token that is sampled. */
  #write(steering: Steering | null, sample: number, position: number, drafts: number): void {
    this.edits.indptr[sample] = this.#editCount;
    if (steering === null) return;
    this.edits.reserve(this.#editCount + steering.editCount, this.#editCount);
    this.#editCount = steering.writeEdits(this.edits, this.#editCount, position);
    if (!steering.masks) return;
    const mask = steering.maskOf(drafts);
    const at = this.#maskCount * mask.length;
    if (at + mask.length > this.maskWords.length) this.#growMasks(at + mask.length);
    this.maskWords.set(mask, at);
    this.maskRows[this.#maskCount++] = sample;
  }

  #growMasks(length: number): void {
    const longer = new Int32Array(Math.max(length, 2 * this.maskWords.length));
    longer.set(this.maskWords);
    this.maskWords = longer;
  }
}
