import type { Sequence } from "./sequence.ts";

/**
 * Waiting requests that lack something which many others do not, in lots by what they lack. Law: `size` is the sum of
 * all lots; no lot is empty.
 */
export class Parking {
  size = 0;
  readonly lots = new Map<number, Sequence[]>();

  add(sequence: Sequence, lot: number): void {
    const sequences = this.lots.get(lot);
    if (sequences === undefined) this.lots.set(lot, [sequence]);
    else sequences.push(sequence);
    sequence.parkedIn = lot;
    this.size++;
  }

  /** Only for a parked request. */
  remove(sequence: Sequence): void {
    const lot = sequence.parkedIn!;
    const left = this.lots.get(lot)!.filter((other) => other !== sequence);
    if (left.length === 0) this.lots.delete(lot);
    else this.lots.set(lot, left);
    sequence.parkedIn = null;
    this.size--;
  }

  /** Takes all requests out of a lot, in the order in which they came. */
  empty(lot: number): readonly Sequence[] {
    const sequences = this.lots.get(lot) ?? [];
    this.lots.delete(lot);
    for (const sequence of sequences) sequence.parkedIn = null;
    this.size -= sequences.length;
    return sequences;
  }
}
