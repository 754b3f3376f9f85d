import type { Entry } from "./entry.ts";

/** Waiting requests that lack something which many others do not, in lots by what they lack. Law: `size` is the sum of all lots; no lot is empty. */
export class Parking {
  size = 0;
  readonly lots = new Map<number, Entry[]>();

  add(entry: Entry, lot: number): void {
    const entries = this.lots.get(lot);
    if (entries === undefined) this.lots.set(lot, [entry]);
    else entries.push(entry);
    entry.parkedIn = lot;
    this.size++;
  }

  /** Only for one that is in. */
  remove(entry: Entry): void {
    const lot = entry.parkedIn!;
    const left = this.lots.get(lot)!.filter((other) => other !== entry);
    if (left.length === 0) this.lots.delete(lot);
    else this.lots.set(lot, left);
    entry.parkedIn = null;
    this.size--;
  }

  /** Takes all requests out of a lot, in the order in which they came. */
  empty(lot: number): readonly Entry[] {
    const entries = this.lots.get(lot) ?? [];
    this.lots.delete(lot);
    for (const entry of entries) entry.parkedIn = null;
    this.size -= entries.length;
    return entries;
  }
}
