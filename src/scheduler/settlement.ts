import type { KvCache } from "../blocks/kv-cache.ts";
import { InvalidLogitsError, StepFailedError } from "../errors.ts";
import type { QueuePolicy } from "../policies/queue/queue-policy.ts";
import { SAMPLE_NOT_FINITE, type StepPlan, type StepResult } from "../step.ts";
import { NONE, type Entry } from "./entry.ts";
import type { PlansInFlight } from "./plans-in-flight.ts";
import type { Residents } from "./residents.ts";
import type { Roster } from "./roster.ts";
import { StepOutcome } from "./step-outcome.ts";
import type { StepRecord } from "./step-record.ts";
import type { Suspects } from "./suspects.ts";

/** Makes issued plans final, or takes them back. */
export class Settlement {
  /** Of the last commit. */
  readonly outcome: StepOutcome;
  readonly #kv: KvCache;
  readonly #plans: PlansInFlight;
  readonly #roster: Roster;
  readonly #residents: Residents;
  readonly #suspects: Suspects;
  readonly #queue: QueuePolicy;
  readonly #charges: boolean;
  /** Of lanes, before the commit. */
  #departures = 0;

  constructor(options: { kv: KvCache; plans: PlansInFlight; roster: Roster; suspects: Suspects; queue: QueuePolicy; maxSamples: number }) {
    this.outcome = new StepOutcome(options.maxSamples);
    this.#kv = options.kv;
    this.#plans = options.plans;
    this.#roster = options.roster;
    this.#residents = options.roster.residents;
    this.#suspects = options.suspects;
    this.#queue = options.queue;
    this.#charges = options.queue.charge !== undefined;
  }

  /** Takes the oldest plan's tokens in; `outcome` has them. */
  commit(plan: StepPlan, result: StepResult, now: number): StepRecord {
    if (result.sampleFlags !== undefined) this.#endFlagged(plan, result.sampleFlags, now);
    const record = this.#plans.retire(plan);
    this.outcome.clear();
    this.#kv.settle(record.journal);
    const specialCount = this.#residents.lanes.receive(record, result.tokenIds);
    this.#departures = this.#residents.lanes.departures;
    const { requestCount } = record.plan;
    if (specialCount === 0 && !this.#charges) this.outcome.addAll(record.requests, result.tokenIds, requestCount, record.layout);
    else this.#announceRows(record, specialCount, result, now);
    if (this.#plans.count > 0) this.#residents.lanes.indexFull(this.#plans.newest!.journal);
    this.#residents.compact();
    return record;
  }

  /** Ends the requests whose logits mean no token, as if they were aborted while the plan was in flight: their ids are nobody's. */
  #endFlagged(plan: StepPlan, flags: Uint8Array, now: number): void {
    for (let sample = 0; sample < plan.sampleCount; sample++) {
      if ((flags[sample] & SAMPLE_NOT_FINITE) === 0) continue;
      const entry = this.#plans.oldest!.samples[sample];
      const error = new InvalidLogitsError(`request ${entry.label}: logits after token ${entry.tokenCount} are NaN or infinite`);
      this.#roster.end(entry, "error", error, now);
    }
  }

  /** Takes the plan back, those behind it first, and counts the failure for its requests. */
  rollback(plan: StepPlan, now: number, cause: unknown): void {
    this.#residents.leaveLanes();
    for (let behind = this.#plans.countFrom(plan) - 1; behind > 0; behind--) this.#undo(now);
    this.#blame(this.#undo(now), now, cause);
  }

  /** Takes the newest plan back; it is no request's failure. */
  takeNewestBack(now: number): void {
    this.#residents.leaveLanes();
    this.#undo(now);
  }

  /** Takes all plans back; it is no request's failure. */
  takeBackAll(now: number): void {
    this.#residents.leaveLanes();
    while (this.#plans.count > 0) this.#undo(now);
  }

  /** In the order of rows. Those of requests in lanes have their tokens, which remain to be told. */
  #announceRows(record: StepRecord, specialCount: number, result: StepResult, now: number): void {
    const { lanes } = this.#residents;
    let row = 0;
    let sample = 0;
    for (let i = 0; i < specialCount; i++) {
      const mark = lanes.special[i];
      const special = mark < 0 ? ~mark : mark;
      this.#announceDecodes(record, row, special, result, sample, now);
      sample += special - row;
      if (mark < 0) this.#settle(record, special, result, sample, now);
      else this.#announce(record.requests[special], result.tokenIds[sample], sample, now);
      sample += record.sampleCounts[special];
      row = special + 1;
    }
    this.#announceDecodes(record, row, record.plan.requestCount, result, sample, now);
  }

  /** Rows with a token each that ends nobody; an end in the rows before may have taken others along. */
  #announceDecodes(record: StepRecord, from: number, until: number, result: StepResult, sample: number, now: number): void {
    const { requests } = record;
    if (this.#charges || this.#residents.lanes.departures !== this.#departures) for (let row = from; row < until; row++) this.#announce(requests[row], result.tokenIds[sample + row - from], sample + row - from, now);
    else this.outcome.addTokens(requests, from, result.tokenIds, sample, until - from);
  }

  #settle(record: StepRecord, row: number, result: StepResult, sample: number, now: number): void {
    const entry = record.requests[row];
    const samples = record.sampleCounts[row];
    if (samples > 1 || entry.serial) this.#settleSeveral(record, row, sample, result, now);
    else {
      this.#settleRow(entry, record, row);
      if (samples === 1) this.#deliver(entry, result.tokenIds[sample], sample, now);
    }
  }

  #settleRow(entry: Entry, record: StepRecord, row: number): void {
    if (entry.failureCount > 0) entry.failureCount = 0;
    if (entry.stay !== record.stays[row]) return;
    entry.inFlightCount -= record.tokens[row];
    if (this.#kv.windowed) this.#residents.slide(entry);
  }

  #settleSeveral(record: StepRecord, row: number, from: number, result: StepResult, now: number): void {
    const areDrafts = record.sampleCounts[row] > 1 && record.samples[from + 1] === record.samples[from];
    if (areDrafts) this.#settleDrafts(record, row, from, result, now);
    else this.#settleFan(record, row, from, result, now);
  }

  /** Drafts count as far as they are what the request draws itself, and one draw more; the rest was never computed. */
  #settleDrafts(record: StepRecord, row: number, from: number, result: StepResult, now: number): void {
    const entry = record.requests[row];
    const drafts = record.sampleCounts[row] - 1;
    let accepted = 0;
    while (accepted < drafts && entry.tokens[entry.tokenCount + accepted] === result.tokenIds[from + accepted]) accepted++;
    const rejected = drafts - accepted;
    this.#residents.noteDrafts(entry, drafts, accepted);
    entry.pendingCount -= rejected;
    const stays = entry.state === "running" && entry.stay === record.stays[row];
    if (stays) this.#residents.reject(entry, rejected);
    record.tokens[row] -= rejected;
    for (let i = 0; i <= accepted; i++) this.#take(entry, result.tokenIds[from + i], from + i, now);
    // The plan that computed them is this one, not one that may still fail.
    if (stays && entry.slot !== NONE) this.#residents.index(entry, null);
    // A window gives back no block before it is indexed.
    this.#settleRow(entry, record, row);
  }

  /** Choices begin with the row's last token: each runs beside the first, or waits with its first token. Those that got no sample start over together. */
  #settleFan(record: StepRecord, row: number, from: number, result: StepResult, now: number): void {
    const entry = record.requests[row];
    const parent = entry.state === "running" && entry.stay === record.stays[row] ? entry : null;
    const until = from + record.sampleCounts[row];
    this.#settleRow(entry, record, row);
    for (let sample = from; sample < until; sample++) {
      const each = record.samples[sample];
      if (each.leader !== null) this.#roster.begin(each, parent, now);
    }
    for (let sample = from; sample < until; sample++) {
      this.#roster.disband(record.samples[sample], now);
      this.#deliver(record.samples[sample], result.tokenIds[sample], sample, now);
    }
  }

  #deliver(entry: Entry, tokenId: number, sample: number, now: number): void {
    this.#take(entry, tokenId, sample, now);
    if (entry.state === "running" && this.#plans.count > 0) this.#residents.index(entry, this.#plans.newest!.journal);
  }

  #take(entry: Entry, tokenId: number, sample: number, now: number): void {
    if (entry.state === "finished") return;
    entry.pendingCount--;
    entry.append(tokenId);
    this.#announce(entry, tokenId, sample, now);
  }

  /** The request has the token, and whoever waits for it hears of it; one that another's end took along never had it. */
  #announce(entry: Entry, tokenId: number, sample: number, now: number): void {
    if (entry.state === "finished") {
      entry.tokenCount--;
      return;
    }
    if (this.#charges) this.#queue.charge!(entry, 0, 1);
    this.outcome.addToken(entry, tokenId, sample);
    const stops = entry.stopTokenIds;
    const reason = stops.length > 0 && stops.includes(tokenId) ? "stop" : entry.tokenCount >= entry.maxLength ? "length" : null;
    if (reason !== null) {
      this.#roster.end(entry, reason, null, now);
      this.outcome.addFinished(entry);
    }
  }

  /** Counts the failure for the plan's requests, and ends the one that failed alone once too often. */
  #blame(record: StepRecord, now: number, cause: unknown): void {
    const company = record.plan.requestCount;
    for (let row = 0; row < company; row++) {
      const entry = record.requests[row];
      if (entry.state === "finished" || !this.#suspects.blame(entry, company)) continue;
      const error = new StepFailedError(`${entry.failureCount} steps of request ${entry.label} failed in a row, the last with it alone`, { cause });
      // Followers would fail with the same prompt.
      for (const each of [...entry.followers, entry]) this.#roster.end(each, "error", error, now);
    }
  }

  /** Takes the newest plan back. */
  #undo(now: number): StepRecord {
    const record = this.#plans.retract();
    this.#residents.charges.takeBack(record.plan.index);
    for (let sample = 0; sample < record.plan.sampleCount; sample++) record.samples[sample].pendingCount--;
    for (let row = record.plan.requestCount - 1; row >= 0; row--) {
      const entry = record.requests[row];
      if (entry.stay !== record.stays[row]) continue;
      if (entry.admittedBy === record.plan.index) this.#roster.takeAdmissionBack(entry, now);
      else this.#residents.retract(entry, record.tokens[row]);
    }
    this.#kv.revert(record.journal);
    return record;
  }
}
