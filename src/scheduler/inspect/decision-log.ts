import { MAX_DECISIONS } from "../../config.ts";
import { integerOption } from "../../option-checks.ts";
import type { RequestId } from "../../request.ts";
import type { StepPlan } from "../../step.ts";

/** What was decided. The value beside it: */
export const DECISIONS = [
  /** Prompt tokens. */
  "submit",
  /** Tokens taken from the prefix cache. */
  "admit",
  /** Missing blocks, missing tokens or the limit reached, by the reason. */
  "defer",
  /** Tokens in the step. */
  "chunk",
  /** Tokens that lose their place in the cache. */
  "preempt",
  /** The block given up. */
  "evict",
  /** Tokens of the plan. */
  "issue",
  /** Tokens delivered. */
  "commit",
  /** Plans taken back. */
  "rollback",
  /** Tokens produced. */
  "end",
  /** Tokens of its sibling's blocks that a choice begins with. */
  "fork",
] as const;

export type DecisionKind = (typeof DECISIONS)[number];

/** One line of the log. */
export interface Decision {
  readonly kind: DecisionKind;
  readonly now: number;
  /** Plan under construction, or the one concerned. */
  readonly plan: number;
  /** Null where it is about no one request. */
  readonly request: RequestId | null;
  readonly value: number;
  /** Of a deferral or an end. */
  readonly reason: string | null;
}

/**
 * The last decisions of a scheduler, in preallocated columns: 40 bytes each, oldest overwritten first.
 * Give one to `SchedulerOptions.decisionLog`; without it nothing is noted. Capacity: 16 Mi at most.
 */
export class DecisionLog {
  readonly capacity: number;
  /** Decisions noted so far, overwritten ones included. */
  count = 0;
  readonly #kinds: Uint8Array;
  readonly #times: Float64Array;
  readonly #plans: Int32Array;
  readonly #values: Int32Array;
  readonly #requests: (RequestId | null)[];
  readonly #reasons: (string | null)[];

  constructor(capacity: number) {
    this.capacity = integerOption("the decision log's capacity", capacity, { least: 1, most: MAX_DECISIONS });
    this.#kinds = new Uint8Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#plans = new Int32Array(capacity);
    this.#values = new Int32Array(capacity);
    this.#requests = new Array<RequestId | null>(capacity).fill(null);
    this.#reasons = new Array<string | null>(capacity).fill(null);
  }

  note(
    kind: DecisionKind,
    now: number,
    plan: number,
    request: RequestId | null,
    value: number,
    reason: string | null = null,
  ): void {
    const at = this.count++ % this.capacity;
    this.#kinds[at] = DECISIONS.indexOf(kind);
    this.#times[at] = now;
    this.#plans[at] = plan;
    this.#values[at] = value;
    this.#requests[at] = request;
    this.#reasons[at] = reason;
  }

  /** Notes a plan that goes out, with the tokens of each request. */
  notePlan({
    plan,
    requests,
    tokens,
    madeAt,
  }: {
    readonly plan: StepPlan;
    readonly requests: readonly { readonly label: RequestId }[];
    readonly tokens: Int32Array;
    readonly madeAt: number;
  }): void {
    this.note("issue", madeAt, plan.index, null, plan.tokenCount);
    for (let row = 0; row < plan.requestCount; row++) {
      this.note("chunk", madeAt, plan.index, requests[row].label, tokens[row]);
    }
  }

  /** The decisions that are still there, oldest first. */
  *[Symbol.iterator](): IterableIterator<Decision> {
    for (let i = Math.max(0, this.count - this.capacity); i < this.count; i++) {
      const at = i % this.capacity;
      yield {
        kind: DECISIONS[this.#kinds[at]],
        now: this.#times[at],
        plan: this.#plans[at],
        request: this.#requests[at],
        value: this.#values[at],
        reason: this.#reasons[at],
      };
    }
  }
}
