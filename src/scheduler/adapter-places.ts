import { MAX_ADAPTER_WAIT } from "../config.ts";
import { NONE, type Sequence } from "./sequence.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/**
 * The places of adapters in a step. A request whose adapter has no place is parked and lets others pass. After
 * `MAX_ADAPTER_WAIT` plans the next free place is its own, and requests of other adapters wait until it has it.
 */
export class AdapterPlaces {
  readonly #limit: number;
  readonly #running: readonly Sequence[];
  readonly #waiting: WaitingQueue;
  /** The adapter whose requests have waited too long, 0 for none. */
  #next = 0;

  constructor(limit: number, running: readonly Sequence[], waiting: WaitingQueue) {
    this.#limit = limit;
    this.#running = running;
    this.#waiting = waiting;
  }

  /** A step begins to admit: unparks requests whose adapter may have a place. */
  begin(plan: number, now: number): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    const lots = [...this.#waiting.lots]
      .filter(([adapter]) => adapter > 0)
      .map(([adapter, sequences]) => ({
        adapter,
        since: Math.min(...sequences.map((sequence) => sequence.lacksAdapterSince)),
      }));
    lots.sort((a, b) => a.since - b.since);
    const used = this.#used();
    const isStillWaited = this.#next !== 0 && lots.some(({ adapter }) => adapter === this.#next);
    if (!isStillWaited) {
      this.#next =
        lots.find(({ adapter, since }) => !used.has(adapter) && plan - since >= MAX_ADAPTER_WAIT)?.adapter ?? 0;
    }
    const order = [
      ...lots.filter(({ adapter }) => adapter === this.#next),
      ...lots.filter(({ adapter }) => adapter !== this.#next),
    ];
    for (const { adapter } of order) {
      if (!this.#isFree(adapter, used)) continue;
      used.add(adapter);
      this.#waiting.open(adapter, now);
    }
  }

  /** Whether a request of this adapter may run. */
  has(adapter: number): boolean {
    return adapter === 0 || this.#limit === Number.POSITIVE_INFINITY || this.#isFree(adapter, this.#used());
  }

  /** Notes that the request had no place in this plan. */
  lack(sequence: Sequence, plan: number): void {
    if (sequence.lacksAdapterSince === NONE) sequence.lacksAdapterSince = plan;
  }

  /** The request has a place from now on. */
  take(sequence: Sequence): void {
    sequence.lacksAdapterSince = NONE;
    if (sequence.adapterId === this.#next) this.#next = 0;
  }

  #isFree(adapter: number, used: ReadonlySet<number>): boolean {
    const places = this.#limit - used.size;
    if (adapter === this.#next || this.#next === 0) return used.has(adapter) || places > 0;
    // One place is reserved for the next adapter.
    return used.has(adapter) ? places > 0 || used.has(this.#next) : places > 1;
  }

  /** Adapters of running requests. */
  #used(): Set<number> {
    const used = new Set<number>();
    for (const { adapterId } of this.#running) if (adapterId !== 0) used.add(adapterId);
    return used;
  }
}
