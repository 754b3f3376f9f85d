import { assert } from "../assert.ts";
import type { KvCache } from "../blocks/kv-cache.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import type { Roster } from "./roster.ts";
import type { Settlement } from "./settlement.ts";

/** Takes out of the cache what is no longer true: after a lost device, for new weights, or because a caller wants so. */
export class CacheResets {
  readonly #kv: KvCache;
  readonly #plans: PlansInFlight;
  readonly #roster: Roster;
  readonly #builder: PlanBuilder;
  readonly #settlement: Settlement;

  constructor(context: { kv: KvCache; plans: PlansInFlight; roster: Roster; builder: PlanBuilder; settlement: Settlement }) {
    this.#kv = context.kv;
    this.#plans = context.plans;
    this.#roster = context.roster;
    this.#builder = context.builder;
    this.#settlement = context.settlement;
  }

  /** Plans in flight are taken back, nothing counts as computed, the device's prefix cache is empty. */
  loseDevice(now: number): void {
    this.#settlement.takeBackAll(now);
    this.#builder.reset();
    this.#roster.residents.compact();
    this.#requeueRunning(now);
    this.#kv.dropCached();
  }

  /** Empties the prefix cache; false where that has to wait. `force`: while requests run. */
  empty(force: boolean): boolean {
    if (this.#plans.count > 0 || (this.#kv.pool.heldCount > 0 && !force)) return false;
    this.#kv.forgetPrefixes(this.#roster.residents.running.map((entry) => entry.sequence!));
    return true;
  }

  /** Empties the prefix cache, and running requests compute all their tokens again; false where that has to wait. */
  recompute(now: number): boolean {
    if (this.#plans.count > 0) return false;
    this.#requeueRunning(now);
    return this.empty(false);
  }

  loseHostTier(): void {
    assert(this.#plans.count === 0, "invalidateHostTier() while plans are in flight");
    this.#kv.dropHostTier();
  }

  #requeueRunning(now: number): void {
    for (const entry of this.#roster.residents.running) this.#roster.requeue(entry, now);
    this.#roster.residents.compact();
  }
}
