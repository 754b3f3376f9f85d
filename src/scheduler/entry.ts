import type { Sequence } from "../blocks/block-table.ts";
import { widened } from "../widen.ts";
import { Request, type RequestId, type RequestInput } from "../request.ts";

/** No row, slot or sample. */
export const NONE = -1;

const NOBODY: readonly Entry[] = [];

/** Who keeps the counts and newest tokens of requests that decode token after token, by slot. */
export interface LaneCounts {
  /** The request's own array, with all known tokens in it. */
  tokensOf(slot: number): Int32Array;
  tokenCountOf(slot: number): number;
  computedTokenCountOf(slot: number): number;
  /** Samples in uncommitted plans, and as many tokens. */
  pendingCountOf(slot: number): number;
}

/** A request as the scheduler works on it: what it holds of the cache, its place in the columns, its share of the step. */
export class Entry extends Request {
  /** Who keeps its counts while it decodes token after token; null where they are its own. */
  lanes: LaneCounts | null = null;
  /** Tokens in the step under construction. */
  chunk = 0;
  #pendingCount = 0;
  #inFlightCount = 0;
  /** The last known token, outside lanes: what the next decode reads. */
  lastToken: number;
  /** Number of its stay among the running ones, no other's: what a plan noted about an earlier stay is void. */
  stay = NONE;
  /** Sits out planning ahead: its next input needs its last token on the host. */
  serial = false;
  /** Made at the first admission. */
  sequence: Sequence | null = null;
  /** Number of the prefix cache's domain, held until the request ends. */
  domain = NONE;
  /** Stable small integer while it runs. */
  slot = NONE;
  /** Its row in the plan's columns. */
  row = NONE;
  /** Samples of that step: 0, 1 of its next token, one more for each choice that begins with it or for each draft. */
  sampleCount = 0;
  /** Of a step with several samples: drafts behind the known tokens, in `tokens` from `tokenCount` on; 0 where the samples are choices'. */
  draftCount = 0;
  /** Whether a drafter guesses its next tokens. */
  isDrafted = false;
  /** The choice of the same request whose prompt this one waits for; null once it stands for itself. */
  leader: Entry | null = null;
  /** Choices that wait for this one's prompt, and begin with the step that completes it. */
  followers: readonly Entry[] = NOBODY;
  /** Whether it runs and has more than one token to compute after the last plan. */
  isPrefill = false;
  /** After a rollback that left an older plan in flight: its sample in that one. */
  sampleInFlight = NONE;
  /** When time ends it: its deadline, or while it has never run the end of its queue timeout. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** Tokens that the waiting queue counts for it. */
  queuedTokenCount = 0;
  /** Tokens that committed plans of earlier stays computed: computing them is work done again. */
  knownComputed = 0;
  /** Index of the plan that admitted it last. */
  admittedBy = NONE;
  /** Index of the plan that admitted it first: `cachedTokenCount` is of that one. A plan that was taken back admitted nothing. */
  firstAdmittedBy = NONE;
  /** Tokens that its last admission took from the prefix cache, or from a sibling. */
  matchedTokenCount = 0;
  /** Number of the step that it last went without a block in. */
  stalledAt = NONE;
  /** The lot of the waiting queue that it is parked in; null where it is in the queue's order. */
  parkedIn: number | null = null;
  /** Index of the plan from which on it waits for its adapter's place; `NONE` where it does not. */
  lacksAdapterSince = NONE;
  /** Why it was not admitted when last looked at. */
  deferral: Deferral | null = null;

  constructor(input: RequestInput, limits: { contextLength: number; order: number; now: number }) {
    super(input, limits);
    this.lastToken = this.tokens[this.tokenCount - 1];
  }

  override get tokens(): Int32Array {
    return this.lanes === null ? this.ownTokens : this.lanes.tokensOf(this.slot);
  }

  override set tokens(tokens: Int32Array) {
    this.ownTokens = tokens;
  }

  override get tokenCount(): number {
    return this.lanes === null ? this.ownTokenCount : this.lanes.tokenCountOf(this.slot);
  }

  override set tokenCount(count: number) {
    this.ownTokenCount = count;
  }

  override get computedTokenCount(): number {
    return this.lanes === null ? this.ownComputedTokenCount : this.lanes.computedTokenCountOf(this.slot);
  }

  override set computedTokenCount(count: number) {
    this.ownComputedTokenCount = count;
  }

  /** Samples of uncommitted plans: tokens that exist on the device alone. */
  get pendingCount(): number {
    return this.lanes === null ? this.#pendingCount : this.lanes.pendingCountOf(this.slot);
  }

  set pendingCount(count: number) {
    this.#pendingCount = count;
  }

  /** Tokens of uncommitted plans, of this stay. */
  get inFlightCount(): number {
    return this.lanes === null ? this.#inFlightCount : this.lanes.pendingCountOf(this.slot);
  }

  set inFlightCount(count: number) {
    this.#inFlightCount = count;
  }

  /** Takes the next token in. */
  append(tokenId: number): void {
    this.makeRoom(this.tokenCount + 1);
    this.tokens[this.tokenCount++] = tokenId;
    this.lastToken = tokenId;
  }

  /** Makes room for so many tokens: the array grows with what is there, for `maxTokens` may be far more than comes. Not while it is in a lane. */
  makeRoom(count: number): void {
    if (count > this.tokens.length) this.tokens = widened(this.tokens, count, this.maxLength);
  }

  /** Puts another token in the place of the last one, which no step has read yet. */
  replaceLast(tokenId: number): void {
    this.tokens[this.tokenCount - 1] = tokenId;
    this.lastToken = tokenId;
  }

  /** Another choice with the same tokens, but for the last one; it runs nowhere yet. */
  branch(choice: number, tokenId: number, order: number): Entry {
    const promptTokenIds = this.tokens.subarray(0, this.promptTokenCount);
    const { id, sampling, branches, stopTokenIds, priority, adapterId, cacheSalt, client, deadline, retention } = this;
    const input = { id, promptTokenIds, maxTokens: this.maxLength - this.promptTokenCount, sampling, choice, branches, stopTokenIds, priority, adapterId, cacheSalt, skipPrefixCache: !this.cacheable, client, deadline, retention: retention ?? undefined };
    const entry = new Entry(input, { contextLength: this.maxLength, order, now: this.arrival });
    entry.makeRoom(this.tokenCount);
    entry.tokens.set(this.tokens.subarray(0, this.tokenCount));
    entry.tokenCount = this.tokenCount;
    entry.replaceLast(tokenId);
    return entry;
  }

  /** Whoever changed what makes it serial says so: every step asks. */
  noteSerial(): void {
    this.serial = this.isDrafted || this.branches || this.followers.length > 0;
  }

  /** From now on these choices wait for this one's prompt. */
  lead(followers: readonly Entry[]): void {
    this.leader = null;
    this.deferral = null;
    this.followers = followers;
    this.noteSerial();
    for (const follower of followers) {
      follower.leader = this;
      follower.deferral = { reason: "sibling" };
    }
  }

  /** From now on it stands for itself. */
  leaveLeader(): void {
    const leader = this.leader!;
    leader.followers = leader.followers.filter((other) => other !== this);
    leader.noteSerial();
    this.leader = null;
    this.deferral = null;
  }

  /** What names it to people: its id, and its choice where that is not the first. */
  get label(): RequestId {
    return this.choice === 0 ? this.id : `${this.id}#${this.choice}`;
  }

  /** Tokens that the next steps have to put into the cache. */
  get gap(): number {
    return this.tokenCount + this.pendingCount - this.computedTokenCount;
  }

  /** Whether it has run before: it then waits as preempted. */
  get wasStarted(): boolean {
    return this.preemptionCount > 0 || this.outputTokenCount > 0;
  }

  /** Whether the tokens known and under way are all that it may have. */
  get complete(): boolean {
    return this.tokenCount + this.pendingCount >= this.maxLength;
  }
}

/** Why a request waits, with what is missing. */
export type Deferral =
  | { readonly reason: "behind" }
  | { readonly reason: "sibling" }
  | { readonly reason: "blocks"; readonly missingBlocks: number }
  | { readonly reason: "stalled"; readonly missingBlocks: number }
  | { readonly reason: "budget"; readonly missingTokens: number }
  | { readonly reason: "requests"; readonly limit: number }
  | { readonly reason: "partial-prefills"; readonly limit: number }
  | { readonly reason: "adapters"; readonly limit: number }
  | { readonly reason: "in-flight" };

/** The number in a deferral: blocks, tokens, or the limit reached. */
export function shortfall(deferral: Deferral): number {
  if ("missingBlocks" in deferral) return deferral.missingBlocks;
  if ("missingTokens" in deferral) return deferral.missingTokens;
  return "limit" in deferral ? deferral.limit : 0;
}
