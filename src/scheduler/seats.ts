import { NONE, type Entry } from "./entry.ts";

/** Stays are numbered to 31 bits: when one number comes again, nothing knows of its first holder. */
const STAYS = 0x7fffffff;

/**
 * Slots for the running requests, and the lists of who has one.
 *
 * Laws: slots in use are distinct and below `maxRequests`; after `compact` exactly those who have one are in `running`, in the
 * order in which they came.
 */
export class Seats {
  readonly running: Entry[] = [];
  readonly #outside: Entry[];
  readonly #freeSlots: number[];
  #stays = 0;
  #leavers = 0;

  /** `outside`: those of the running in no lane. */
  constructor(maxRequests: number, outside: Entry[]) {
    this.#outside = outside;
    this.#freeSlots = Array.from({ length: maxRequests }, (_, i) => maxRequests - 1 - i);
  }

  /** Only where one is free. */
  take(entry: Entry): void {
    entry.become("running");
    entry.slot = this.#freeSlots.pop()!;
    entry.stay = this.#stays;
    this.#stays = (this.#stays + 1) & STAYS;
    this.running.push(entry);
    this.#outside.push(entry);
  }

  /** The slot is free at once; `compact` takes the request out of the lists. */
  leave(entry: Entry): void {
    this.#freeSlots.push(entry.slot);
    entry.slot = NONE;
    entry.stay = NONE;
    this.#leavers++;
  }

  /** Closes the gaps that leavers left. */
  compact(): void {
    if (this.#leavers === 0) return;
    keepSeated(this.running);
    keepSeated(this.#outside);
    this.#leavers = 0;
  }
}

function keepSeated(entries: Entry[]): void {
  let kept = 0;
  for (const entry of entries) if (entry.slot !== NONE) entries[kept++] = entry;
  entries.length = kept;
}
