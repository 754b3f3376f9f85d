import { assert, AssertionError } from "../assert.ts";
import { StepJournal } from "../blocks/step-journal.ts";
import { MAX_PLANS_IN_FLIGHT } from "../config.ts";
import type { EditColumns, StepPlan } from "../step.ts";
import type { Columns } from "./columns.ts";
import type { Sequence } from "./sequence.ts";

/** The counts of one plan over the shared columns. */
export class Plan implements StepPlan {
  index = 0;
  tokenCount = 0;
  requestCount = 0;
  sampleCount = 0;
  editCount = 0;
  maskCount = 0;
  copyCount = 0;
  swapOutCount = 0;
  swapInCount = 0;
  readonly tokenIds: Columns["tokenIds"];
  readonly positions: Columns["positions"];
  readonly queryIndptr: Columns["queryIndptr"];
  readonly requestSlots: Columns["requestSlots"];
  readonly requests: Sequence[];
  readonly contextLengths: Columns["contextLengths"];
  readonly adapterIds: Columns["adapterIds"];
  readonly groups: Columns["groups"];
  readonly sampleIndptr: Columns["sampleIndptr"];
  readonly sampleRows: Columns["sampleRows"];
  readonly sampling: Columns["sampling"];
  readonly #steering: Columns["steering"];
  readonly swapOuts: Columns["swapOuts"];
  readonly swapIns: Columns["swapIns"];
  readonly copies: Columns["copies"];

  constructor(columns: Columns, requests: Sequence[]) {
    this.tokenIds = columns.tokenIds;
    this.positions = columns.positions;
    this.queryIndptr = columns.queryIndptr;
    this.requestSlots = columns.requestSlots;
    this.requests = requests;
    this.contextLengths = columns.contextLengths;
    this.adapterIds = columns.adapterIds;
    this.groups = columns.groups;
    this.sampleIndptr = columns.sampleIndptr;
    this.sampleRows = columns.sampleRows;
    this.sampling = columns.sampling;
    this.#steering = columns.steering;
    this.swapOuts = columns.swapOuts;
    this.swapIns = columns.swapIns;
    this.copies = columns.copies;
  }

  get edits(): EditColumns {
    return this.#steering.edits;
  }

  get maskRows(): Int32Array {
    return this.#steering.maskRows;
  }

  get maskWords(): Int32Array {
    return this.#steering.maskWords;
  }
}

/** What commit and rollback need of a plan. Records are reused. */
export class StepRecord {
  readonly plan: Plan;
  readonly journal = new StepJournal();
  /** [R] in the order of rows. */
  readonly requests: Sequence[];
  /** [R] tokens of each. */
  readonly tokens: Int32Array;
  /** [R] tokens of each that are of its prompt. */
  readonly promptTokens: Int32Array;
  /** [R] each request's slot. */
  readonly slots: Int32Array;
  /** [R] number of each request's stay. */
  readonly stays: Int32Array;
  /** [R] samples of each, but for those that score its prompt, which come first. */
  readonly sampleCounts: Int32Array;
  /** [R] tokens of its prompt that each scores. */
  readonly scoreCounts: Int32Array;
  /** [R] the position of the first of these. Says nothing where there is none. */
  readonly scoreStarts: Int32Array;
  /** [S] the request whose next token it is. */
  readonly samples: Sequence[];
  /** When `schedule` made it. */
  madeAt = 0;
  /** Rows that decode as a set. */
  setCount = 0;
  /** `Slots.leaveCount` when the plan was made. */
  leaveCount = 0;
  /** Leading rows with one token and one sample that are in these columns already. */
  steadyRows = 0;

  constructor(columns: Columns, maxRequests: number) {
    this.requests = new Array<Sequence>(maxRequests);
    this.plan = new Plan(columns, this.requests);
    this.samples = new Array<Sequence>(columns.sampleRows.length);
    this.tokens = new Int32Array(maxRequests);
    this.promptTokens = new Int32Array(maxRequests);
    this.sampleCounts = new Int32Array(maxRequests);
    this.scoreCounts = new Int32Array(maxRequests);
    this.scoreStarts = new Int32Array(maxRequests);
    this.slots = new Int32Array(maxRequests);
    this.stays = new Int32Array(maxRequests);
  }
}

/**
 * The plans that are neither committed nor rolled back, oldest first, and the one under construction. One record more
 * than plans in flight: the last commit's outcome may read its own.
 *
 * The records are a ring, in which a plan is issued and retired without garbage: arrays that are pushed and shifted
 * left 200 bytes a step to the collector.
 *
 * Law: 0 <= count <= MAX_PLANS_IN_FLIGHT; indices ascend, and none is used twice.
 */
export class InFlight {
  readonly records: StepRecord[];
  /** Plans in flight; written here alone. */
  count = 0;
  /** Of the plan under construction; written here alone. */
  nextIndex = 0;
  /** Place of the oldest. */
  #first = 0;

  constructor(columns: Columns, maxRequests: number) {
    this.records = Array.from({ length: MAX_PLANS_IN_FLIGHT + 1 }, () => new StepRecord(columns, maxRequests));
  }

  /** When the plan under construction was opened. */
  get openedAt(): number {
    return this.#at(this.count).madeAt;
  }

  /** The newest, if there is one. */
  get newest(): StepRecord | undefined {
    return this.count === 0 ? undefined : this.#at(this.count - 1);
  }

  /**
   * The record for the next plan. Here and in `oldestOf` no closure is made for the complaint: every step would leave
   * it to the collector.
   */
  open(now: number): StepRecord {
    if (this.count === MAX_PLANS_IN_FLIGHT) {
      throw new AssertionError(`${MAX_PLANS_IN_FLIGHT} plans are in flight: commit or roll back first`);
    }
    const record = this.#at(this.count);
    record.plan.index = this.nextIndex;
    record.madeAt = now;
    return record;
  }

  /** The open plan is now in flight. */
  issue(): void {
    this.nextIndex++;
    this.count++;
  }

  /** The oldest, which must be `plan`. */
  oldestOf(plan: StepPlan): StepRecord {
    const oldest = this.count === 0 ? undefined : this.#at(0);
    if (oldest?.plan !== plan) {
      throw new AssertionError(
        `commit of plan ${plan?.index}: the oldest in flight is ${oldest === undefined ? "none" : oldest.plan.index}`,
      );
    }
    return oldest;
  }

  /** The oldest is done. */
  retire(): void {
    this.#first = (this.#first + 1) % this.records.length;
    this.count--;
  }

  /** Removes the newest, for a rollback. Its record is used last, so that its plan is not mistaken for a new one. */
  retract(): StepRecord {
    const { records } = this;
    const record = this.#at(--this.count);
    for (let i = this.count; i < records.length - 1; i++) {
      records[(this.#first + i) % records.length] = this.#at(i + 1);
    }
    records[(this.#first + records.length - 1) % records.length] = record;
    return record;
  }

  /** How many are in flight from `plan` on. */
  countFrom(plan: StepPlan): number {
    let at = 0;
    while (at < this.count && this.#at(at).plan !== plan) at++;
    assert(
      at < this.count,
      () => `rollback of plan ${plan?.index}: ${this.count} plans are in flight, the next is ${this.nextIndex}`,
    );
    return this.count - at;
  }

  /** The i-th from the oldest on. */
  #at(i: number): StepRecord {
    return this.records[(this.#first + i) % this.records.length];
  }
}
