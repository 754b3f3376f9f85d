import { writeSampling, type Columns } from "./columns.ts";
import type { Entry } from "./entry.ts";

/** Fills the samples' columns; a sample that the last plan gave the same owner has its parameters already. */
export class SampleFiller {
  readonly #columns: Columns;
  /** [S] whose parameters stand at each sample. */
  readonly #owners: (Entry | undefined)[];

  constructor(columns: Columns) {
    this.#columns = columns;
    this.#owners = new Array<Entry | undefined>(columns.sampleRows.length).fill(undefined);
  }

  /** One sample, of the token before `tokenEnd`. */
  one(entry: Entry, sample: number, tokenEnd: number): void {
    this.#columns.sampleRows[sample] = tokenEnd - 1;
    if (this.#owners[sample] !== entry) this.#write(entry, sample);
  }

  /** Choices begin with the row's last token; drafts are checked by a sample of each token before and of the last. */
  several(entry: Entry, from: number, tokenEnd: number): void {
    for (let i = 0; i < entry.sampleCount; i++) {
      this.#columns.sampleRows[from + i] = entry.draftCount > 0 ? tokenEnd - entry.sampleCount + i : tokenEnd - 1;
      const owner = ownerOf(entry, i);
      if (this.#owners[from + i] !== owner) this.#write(owner, from + i);
    }
  }

  #write(entry: Entry, sample: number): void {
    this.#owners[sample] = entry;
    writeSampling(this.#columns.sampling, sample, entry.sampling, entry.choice);
  }
}

/** Whose a row's i-th sample is: its own, or a choice's that begins with it. */
export function ownerOf(entry: Entry, i: number): Entry {
  return i === 0 || entry.draftCount > 0 ? entry : entry.followers[i - 1];
}
