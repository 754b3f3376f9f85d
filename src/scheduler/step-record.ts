import { StepJournal } from "../blocks/step-journal.ts";
import type { StepPlan } from "../step.ts";
import type { Entry } from "./entry.ts";
import type { Columns } from "./columns.ts";

/** The counts of one plan over the shared columns. */
export class Plan implements StepPlan {
  index = 0;
  tokenCount = 0;
  requestCount = 0;
  sampleCount = 0;
  copyCount = 0;
  swapOutCount = 0;
  swapInCount = 0;
  readonly tokenIds: Columns["tokenIds"];
  readonly positions: Columns["positions"];
  readonly queryIndptr: Columns["queryIndptr"];
  readonly requestSlots: Columns["requestSlots"];
  readonly contextLengths: Columns["contextLengths"];
  readonly adapterIds: Columns["adapterIds"];
  readonly groups: Columns["groups"];
  readonly sampleIndptr: Columns["sampleIndptr"];
  readonly sampleRows: Columns["sampleRows"];
  readonly sampling: Columns["sampling"];
  readonly swapOuts: Columns["swapOuts"];
  readonly swapIns: Columns["swapIns"];
  readonly copies: Columns["copies"];

  constructor(columns: Columns) {
    this.tokenIds = columns.tokenIds;
    this.positions = columns.positions;
    this.queryIndptr = columns.queryIndptr;
    this.requestSlots = columns.requestSlots;
    this.contextLengths = columns.contextLengths;
    this.adapterIds = columns.adapterIds;
    this.groups = columns.groups;
    this.sampleIndptr = columns.sampleIndptr;
    this.sampleRows = columns.sampleRows;
    this.sampling = columns.sampling;
    this.swapOuts = columns.swapOuts;
    this.swapIns = columns.swapIns;
    this.copies = columns.copies;
  }
}

/** What commit and rollback need to know of an issued plan. Kept and used again. */
export class StepRecord {
  readonly plan: Plan;
  readonly journal = new StepJournal();
  /** [R] in the order of rows. */
  readonly requests: Entry[];
  /** [R] tokens of each. */
  readonly tokens: Int32Array;
  /** [R] each request's slot. */
  readonly slots: Int32Array;
  /** [R] number of each request's stay. */
  readonly stays: Int32Array;
  /** [R] samples of each. */
  readonly sampleCounts: Int32Array;
  /** [S] whose sample it is. */
  readonly samples: Entry[];
  issuedAt = 0;
  /** Rows whose requests were in lanes when it was issued. */
  laneRows = 0;
  /** `DecodeLanes.departures` when it was issued. */
  departures = 0;
  /** Leading rows with one token and one sample. */
  steadyRows = 0;
  /** The arrangement of rows that it was filled for, where each has one token and one sample; else -1. */
  layout = -1;

  constructor(columns: Columns, maxRequests: number) {
    this.plan = new Plan(columns);
    this.requests = new Array<Entry>(maxRequests);
    this.samples = new Array<Entry>(columns.sampleRows.length);
    this.tokens = new Int32Array(maxRequests);
    this.sampleCounts = new Int32Array(maxRequests);
    this.slots = new Int32Array(maxRequests);
    this.stays = new Int32Array(maxRequests);
  }
}
