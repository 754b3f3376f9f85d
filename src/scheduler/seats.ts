import { NONE, type Entry } from "./entry.ts";

/** Stays are numbered to 31 bits: when one number comes again, nothing knows of its first holder. */
const STAYS = 0x7fffffff;

/** So many leavers are taken out one by one; more in one pass over all. */
const FEW = 8;

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
  readonly #leavers: Entry[] = [];

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
    this.#leavers.push(entry);
  }

  /** Closes the gaps that leavers left. */
  compact(): void {
    const { length } = this.#leavers;
    if (length === 0) return;
    if (length > FEW) for (const list of [this.running, this.#outside]) keepSeated(list);
    else for (let i = 0; i < length; i++) for (const list of [this.running, this.#outside]) remove(list, this.#leavers[i]);
    this.#leavers.length = 0;
  }
}

function keepSeated(entries: Entry[]): void {
  let kept = 0;
  for (const entry of entries) if (entry.slot !== NONE) entries[kept++] = entry;
  entries.length = kept;
}

/** Looks at no other request: they do not fit into a core's cache. The youngest ones come last, and prompts with short answers leave soon. */
function remove(entries: Entry[], entry: Entry): void {
  const at = entries.lastIndexOf(entry);
  if (at >= 0) entries.splice(at, 1);
}
