import type { Steering } from "../constraints/steering.ts";
import { Request, type RequestId } from "../request.ts";
import { widened } from "../widen.ts";

/** No slot, plan or stay. */
export const NONE = -1;

const NO_FOLLOWERS: readonly Sequence[] = [];

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
  | { readonly reason: "in-flight" }
  | { readonly reason: "mask" }
  | { readonly reason: "edits"; readonly limit: number };

/** The number in a deferral: blocks, tokens, or the limit reached. */
export function shortfall(deferral: Deferral): number {
  if ("missingBlocks" in deferral) return deferral.missingBlocks;
  if ("missingTokens" in deferral) return deferral.missingTokens;
  return "limit" in deferral ? deferral.limit : 0;
}

/** The counts of running requests, by slot. */
interface Home {
  readonly known: Int32Array;
  readonly drawn: Int32Array;
  readonly computed: Int32Array;
  readonly settled: Int32Array;
  flush(slot: number): void;
}

/**
 * One choice of a request: its tokens, and its state while it waits. While it runs, its counts are read from the
 * columns of its slot.
 */
export class Sequence extends Request {
  /** Its name in messages: the id, and the choice unless it is the first. */
  readonly label: RequestId = this.choice === 0 ? this.id : `${String(this.id)}#${this.choice}`;

  // Written by slots.ts.
  /** The columns with its counts while it runs; null while it waits. */
  home: Home | null = null;
  /** Its slot while it runs: a small integer that no other running request has. */
  slot = NONE;
  /** Number of its admission among all admissions: records of an earlier stay are void. */
  stay = NONE;

  // Written by lifecycle.ts.
  /** Number of the prefix cache's domain, held until the request ends. */
  domain = NONE;
  /** The choice of the same request that computes the prompt for this one; null without one. */
  leader: Sequence | null = null;
  /** Choices that wait for this one's prompt; they begin with the step that completes it. */
  followers: readonly Sequence[] = NO_FOLLOWERS;
  /** When it expires: at its deadline, or before its first admission at its queue timeout. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** Its tokens in the waiting queue's count. */
  queuedTokenCount = 0;
  /** Tokens that committed plans of earlier stays computed; computing them again is repeated work. */
  knownComputed = 0;
  /** Index of the plan that admitted it last. */
  admittedBy = NONE;
  /**
   * Index of the plan that admitted it first: `cachedTokenCount` is of that admission. A rolled-back plan admitted
   * nothing.
   */
  firstAdmittedBy = NONE;
  /** Tokens that its last admission matched in the prefix cache, or shared with a sibling. */
  matchedTokenCount = 0;
  /** Why its last try was refused: no admission, or no token. */
  deferral: Deferral | null = null;

  // Written here.
  /** What it does to its samples; null where logits stay as they are. */
  steering: Steering | null = null;

  // Written by commit.ts.
  /** Prompt tokens whose log probabilities are delivered or not needed. The first one has none. */
  scoredTokenCount = 1;

  // Written by waiting-queue.ts.
  /** The lot of the waiting queue that it is parked in; null in the queue's order. */
  parkedIn: number | null = null;

  // Written by adapter-places.ts.
  /** Index of the plan that first refused it for its adapter's place; `NONE` without one. */
  lacksAdapterSince = NONE;

  // Written here.
  /** While it waits: samples of uncommitted plans. */
  #pendingCount = 0;

  override get tokens(): Int32Array {
    if (this.home !== null) this.home.flush(this.slot);
    return this.ownTokens;
  }

  override get tokenCount(): number {
    return this.home === null ? this.ownTokenCount : this.home.known[this.slot];
  }

  override get computedTokenCount(): number {
    return this.home === null ? 0 : this.home.computed[this.slot];
  }

  /** Samples of uncommitted plans: tokens that exist on the device alone. */
  get pendingCount(): number {
    return this.home === null ? this.#pendingCount : this.home.drawn[this.slot] - this.home.known[this.slot];
  }

  /** Tokens that plans in flight compute. */
  get inFlightCount(): number {
    return this.home === null ? 0 : this.home.computed[this.slot] - this.home.settled[this.slot];
  }

  /** Tokens that the next steps have to compute. */
  get gap(): number {
    return this.tokenCount + this.pendingCount - this.computedTokenCount;
  }

  /** Whether its known and pending tokens reach `maxLength`. */
  get complete(): boolean {
    return this.tokenCount + this.pendingCount >= this.maxLength;
  }

  /** Whether its samples carry edits or a mask. */
  get isSteered(): boolean {
    return this.steering !== null || this.promptLogprobs >= 0;
  }

  /** Whether it was preempted or has output: it then waits as `preempted`. */
  get wasStarted(): boolean {
    return this.preemptionCount > 0 || this.outputTokenCount > 0;
  }

  /** Whether it waits in the queue's order: not for a sibling's prompt, and not set aside. */
  get isQueued(): boolean {
    return (this.state === "waiting" || this.state === "preempted") && this.leader === null && this.parkedIn === null;
  }

  /** What its samples are steered by, before it runs. */
  steerBy(steering: Steering | null): void {
    this.steering = steering;
  }

  /** It leaves its slot with these counts. */
  takeCounts(known: number, pending: number): void {
    this.ownTokenCount = known;
    this.#pendingCount = pending;
  }

  /** While it waits: plans in flight hold `samples` more of its samples, or fewer if negative. */
  addPending(samples: number): void {
    this.#pendingCount += samples;
  }

  /** While it waits: its next token arrives. */
  append(tokenId: number): void {
    this.reserveTokens(this.ownTokenCount + 1);
    this.ownTokens[this.ownTokenCount++] = tokenId;
    this.#pendingCount--;
  }

  /** Drops the last token: the request had ended before it. */
  dropLast(): void {
    this.ownTokenCount--;
  }

  /** Makes room for `count` tokens and returns the array. The array doubles, up to `maxLength`. */
  reserveTokens(count: number): Int32Array {
    if (count > this.ownTokens.length) this.ownTokens = widened(this.ownTokens, count, this.maxLength);
    return this.ownTokens;
  }

  /** Another choice with the same tokens except the last one. It does not run yet. */
  branch(choice: number, tokenId: number, order: number): Sequence {
    const {
      id,
      promptTokenCount,
      tokenCount,
      sampling,
      branches,
      stopTokenIds,
      priority,
      adapterId,
      cacheSalt,
      client,
      deadline,
      retention,
    } = this;
    const promptTokenIds = this.tokens.subarray(0, promptTokenCount);
    const shared = {
      sampling,
      branches,
      stopTokenIds,
      priority,
      adapterId,
      cacheSalt,
      client,
      deadline,
      retention: retention ?? undefined,
    };
    const input = {
      id,
      promptTokenIds,
      maxTokens: this.maxLength - promptTokenCount,
      choice,
      skipPrefixCache: !this.cacheable,
      ...shared,
    };
    const sequence = new Sequence(input, { contextLength: this.maxLength, order, now: this.arrival });
    sequence.reserveTokens(tokenCount).set(this.tokens.subarray(0, tokenCount));
    sequence.takeCounts(tokenCount, 0);
    sequence.tokens[tokenCount - 1] = tokenId;
    sequence.steerBy(this.steering?.fork() ?? null);
    return sequence;
  }
}
