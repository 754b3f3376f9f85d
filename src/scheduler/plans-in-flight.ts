import { assert, AssertionError } from "../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import type { StepPlan } from "../step.ts";
import type { Columns } from "./columns.ts";
import { StepRecord } from "./step-record.ts";

/**
 * The plans that are neither committed nor rolled back, oldest first, and the one under construction.
 * Law: 0 <= count <= MAX_PLANS_IN_FLIGHT; their indices are consecutive.
 */
export class PlansInFlight {
  count = 0;
  readonly #records: readonly StepRecord[];
  #nextIndex = 0;

  constructor(columns: Columns, maxRequests: number) {
    this.#records = Array.from({ length: MAX_PLANS_IN_FLIGHT }, () => new StepRecord(columns, maxRequests));
  }

  /** Of the plan under construction. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** The record for the next plan. Here and in `retire` no closure is made for the complaint: every step would leave it to the collector. */
  open(): StepRecord {
    if (this.count === MAX_PLANS_IN_FLIGHT) throw new AssertionError(`${MAX_PLANS_IN_FLIGHT} plans are in flight: commit or roll back first`);
    const record = this.#recordOf(this.#nextIndex);
    record.plan.index = this.#nextIndex;
    return record;
  }

  /** The open plan goes out. */
  issue(): void {
    this.#nextIndex++;
    this.count++;
  }

  /** The oldest, which must be `plan`, is done. */
  retire(plan: StepPlan): StepRecord {
    const oldest = this.#nextIndex - this.count;
    if (this.count === 0 || plan.index !== oldest) throw new AssertionError(`commit of plan ${plan.index}: the oldest in flight is ${this.count > 0 ? oldest : "none"}`);
    this.count--;
    return this.#recordOf(oldest);
  }

  /** Takes the newest back. */
  retract(): StepRecord {
    this.count--;
    return this.#recordOf(--this.#nextIndex);
  }

  /** How many are in flight from `plan` on. */
  countFrom(plan: StepPlan): number {
    const count = this.#nextIndex - plan.index;
    assert(count > 0 && count <= this.count, () => `rollback of plan ${plan.index}: ${this.count} plans are in flight, the next is ${this.#nextIndex}`);
    return count;
  }

  /** The oldest, if there is one. */
  get oldest(): StepRecord | undefined {
    return this.count === 0 ? undefined : this.#recordOf(this.#nextIndex - this.count);
  }

  /** The newest, if there is one. */
  get newest(): StepRecord | undefined {
    return this.count === 0 ? undefined : this.#recordOf(this.#nextIndex - 1);
  }

  #recordOf(index: number): StepRecord {
    return this.#records[index % MAX_PLANS_IN_FLIGHT];
  }
}
