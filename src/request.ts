import { MAX_CHOICES, MAX_TOP_LOGPROBS } from "./config.ts";
import { check, copyTokenIds, isIntegerIn } from "./request-checks.ts";

/** Chosen by the caller, unique among the requests that have not ended. */
export type RequestId = string | number;

/** Why a request ended. */
export type FinishReason = "stop" | "length" | "abort" | "error";

/** How the next token is chosen; see `sampling/` for the exact rule. */
export interface SamplingParams {
  /** 0 is greedy; else logits are divided by it. Default 0. */
  readonly temperature: number;
  /** Keep the k likeliest tokens (ties with the k-th are kept); 0 keeps all. Default 0. */
  readonly topK: number;
  /** Keep the smallest set of likeliest tokens whose probability reaches p, in (0, 1]. Default 1. */
  readonly topP: number;
  /** Keep tokens at least minP times as likely as the likeliest, in [0, 1]. Default 0. */
  readonly minP: number;
  /** Non-negative integer up to 2^53 - 1. Default 0. */
  readonly seed: number;
  /** Top log probabilities wanted beside the chosen token's, 0..20; -1 for none at all. Default -1. */
  readonly logprobs: number;
}

/** What a caller submits. */
export interface RequestInput {
  readonly id: RequestId;
  /** At least one id. Copied. */
  readonly promptTokenIds: ArrayLike<number>;
  /** Most tokens to produce, at least 1; the context length ends a request earlier. */
  readonly maxTokens: number;
  readonly sampling?: Partial<SamplingParams>;
  /**
   * Answers wanted, 1..128: they share the prompt and draw with keys of their own, so that each is what it would be
   * alone. Default 1.
   */
  readonly n?: number;
  /**
   * Number of the first choice, part of its random key: with `n` left out it gives this one of the n answers. Default
   * 0.
   */
  readonly choice?: number;
  /**
   * A beam: between steps its last token may be replaced, and it may branch. It sits out planning ahead, and nobody
   * drafts for it. Default false.
   */
  readonly branches?: boolean;
  /** Ids that end the request; the id itself is its last token. */
  readonly stopTokenIds?: readonly number[];
  /** Lower runs first under the `priority` policies. Default 0. */
  readonly priority?: number;
  /** Adapter (LoRA) id, 0 for none: part of the prefix cache's domain. Default 0. */
  readonly adapterId?: number;
  /** Requests share cached prefixes only with requests of the same salt. Default "". */
  readonly cacheSalt?: string;
  /** Neither take nor leave cached prefixes. Default false. */
  readonly skipPrefixCache?: boolean;
  /** Whose request this is, for the fair policies. Default "". */
  readonly client?: string;
  /** Same clock as `now`: a request not finished by then ends with a `TimeoutError`. Default none. */
  readonly deadline?: number;
  /** Longest wait before the first admission, in units of `now`. Default none. */
  readonly queueTimeout?: number;
  /**
   * How its cached blocks are kept once it has ended, where the eviction policy knows priorities. Default: like any
   * others.
   */
  readonly retention?: Retention;
}

/**
 * Blocks of a greater priority, 0..100, outlive all of a lesser, for a duration in units of `now` from the request's
 * end.
 */
export interface Retention {
  readonly priority: number;
  readonly duration: number;
}

/** The defaults: greedy. */
export const GREEDY: SamplingParams = Object.freeze({
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  seed: 0,
  logprobs: -1,
});

/** Fills in defaults and checks ranges. Throws `InvalidRequestError` that names the field and the value. */
export function resolveSampling(params: Partial<SamplingParams> | undefined): SamplingParams {
  const p: SamplingParams = { ...GREEDY, ...definedOnly(params) };
  check(Number.isFinite(p.temperature) && p.temperature >= 0, "temperature", p.temperature, "a finite number >= 0");
  check(isIntegerIn(p.topK, 0, 2 ** 31 - 1), "topK", p.topK, "an integer >= 0 (0 keeps all)");
  check(p.topP > 0 && p.topP <= 1, "topP", p.topP, "in (0, 1]");
  check(p.minP >= 0 && p.minP <= 1, "minP", p.minP, "in [0, 1]");
  check(isIntegerIn(p.seed, 0, Number.MAX_SAFE_INTEGER), "seed", p.seed, "an integer in [0, 2^53)");
  check(
    isIntegerIn(p.logprobs, -1, MAX_TOP_LOGPROBS),
    "logprobs",
    p.logprobs,
    `an integer in [-1, ${MAX_TOP_LOGPROBS}]`,
  );
  return p;
}

function definedOnly(params: Partial<SamplingParams> | undefined): Partial<SamplingParams> {
  return Object.fromEntries(Object.entries(params ?? {}).filter(([, value]) => value !== undefined));
}

/** Where a request stands. `preempted` waits like `waiting`, with tokens produced; `paused` waits for `resume`. */
export type RequestState = "waiting" | "running" | "preempted" | "paused" | "finished";

/** The legal transitions. Everything else is a bug in the scheduler. */
export const TRANSITIONS: Readonly<Record<RequestState, readonly RequestState[]>> = {
  waiting: ["running", "paused", "finished"],
  running: ["waiting", "preempted", "paused", "finished"],
  preempted: ["running", "paused", "finished"],
  paused: ["waiting", "preempted", "finished"],
  finished: [],
};

/** What policies see of a request. Counts are tokens, times are in the caller's units of `now`. */
export interface RequestView {
  readonly id: RequestId;
  /** Order of submission, from 0: smaller is older. */
  readonly order: number;
  readonly state: RequestState;
  readonly arrival: number;
  readonly promptTokenCount: number;
  /** Known tokens: prompt and produced. */
  readonly tokenCount: number;
  /** Tokens whose keys and values are in the cache, or are put there by a plan in flight. */
  readonly computedTokenCount: number;
  /** Prompt plus most produced tokens, within the context length. */
  readonly maxLength: number;
  readonly priority: number;
  readonly adapterId: number;
  readonly client: string;
  readonly deadline: number;
  readonly preemptionCount: number;
  readonly sampling: SamplingParams;
  /** Known ids, the first `tokenCount`. To be read only. */
  readonly tokens: Int32Array;
  readonly cacheSalt: string;
  /** Null until it has ended. */
  readonly finishReason: FinishReason | null;
}

/** One for all: a list of its own is one more thing to fetch a token. */
const NO_IDS: readonly number[] = [];

/** A request and its progress; the scheduler's, others read it. */
export class Request implements RequestView {
  readonly id: RequestId;
  readonly order: number;
  readonly arrival: number;
  readonly promptTokenCount: number;
  readonly sampling: SamplingParams;
  /** Which of its request's answers this is: part of the random key. */
  readonly choice: number;
  readonly priority: number;
  readonly adapterId: number;
  readonly cacheSalt: string;
  readonly cacheable: boolean;
  readonly client: string;
  readonly deadline: number;
  /** When its wait for the first admission is over; `Infinity` for never. */
  readonly queueDeadline: number;
  readonly retention: Retention | null;
  /** Prompt tokens that the first admission took from the prefix cache. */
  cachedTokenCount = 0;
  preemptionCount = 0;
  /** Guesses at its next tokens that steps checked. */
  draftedTokenCount = 0;
  /** Guesses of these that were right. */
  acceptedTokenCount = 0;
  finishReason: FinishReason | null = null;
  /** Why it ended, where the reason is "error". */
  error: Error | null = null;
  // What every step looks at stands side by side in memory, with the scheduler's own counts behind it: 1,024 requests
  // do not fit into a core's cache with all that they have.
  readonly maxLength: number;
  readonly stopTokenIds: readonly number[];
  readonly branches: boolean;
  /** Failed steps in a row. */
  failureCount = 0;
  #state: RequestState = "waiting";
  // The scheduler's requests keep them elsewhere at times, and have accessors of their own.
  protected ownTokens: Int32Array;
  protected ownTokenCount: number;
  protected ownComputedTokenCount = 0;

  constructor(input: RequestInput, limits: { contextLength: number; order: number; now: number }) {
    this.id = input.id;
    this.order = limits.order;
    this.arrival = limits.now;
    const answerLength = checkedMaxTokens(input);
    this.ownTokens = copyTokenIds(input.promptTokenIds, answerLength);
    this.promptTokenCount = input.promptTokenIds.length;
    this.ownTokenCount = this.promptTokenCount;
    this.maxLength = Math.min(this.promptTokenCount + answerLength, limits.contextLength);
    this.sampling = resolveSampling(input.sampling);
    this.choice = input.choice ?? 0;
    check(isIntegerIn(this.choice, 0, MAX_CHOICES - 1), "choice", this.choice, `an integer in [0, ${MAX_CHOICES - 1}]`);
    this.stopTokenIds = input.stopTokenIds === undefined ? NO_IDS : [...input.stopTokenIds];
    this.branches = input.branches === true;
    check(!this.branches || (input.n ?? 1) === 1, "n", input.n, "1 where it branches");
    this.priority = input.priority ?? 0;
    check(Number.isFinite(this.priority), "priority", this.priority, "a finite number");
    this.adapterId = input.adapterId ?? 0;
    check(isIntegerIn(this.adapterId, 0, 2 ** 31 - 1), "adapterId", this.adapterId, "an integer >= 0");
    this.cacheSalt = input.cacheSalt ?? "";
    this.cacheable = input.skipPrefixCache !== true;
    this.client = input.client ?? "";
    this.deadline = checkedDeadline(input, limits.now);
    this.queueDeadline = limits.now + checkedQueueTimeout(input);
    this.retention = checkedRetention(input);
  }

  /** Known ids, the first `tokenCount`; replaced by a longer array as the request grows. */
  get tokens(): Int32Array {
    return this.ownTokens;
  }

  set tokens(tokens: Int32Array) {
    this.ownTokens = tokens;
  }

  get tokenCount(): number {
    return this.ownTokenCount;
  }

  set tokenCount(count: number) {
    this.ownTokenCount = count;
  }

  get computedTokenCount(): number {
    return this.ownComputedTokenCount;
  }

  set computedTokenCount(count: number) {
    this.ownComputedTokenCount = count;
  }

  get state(): RequestState {
    return this.#state;
  }

  /** Moves to another state; an illegal transition is a bug and throws. */
  become(state: RequestState): void {
    if (!TRANSITIONS[this.#state].includes(state)) {
      throw new Error(`request ${this.id}: ${this.#state} -> ${state} is not a transition`);
    }
    this.#state = state;
  }

  /** Tokens produced so far. */
  get outputTokenCount(): number {
    return this.tokenCount - this.promptTokenCount;
  }

  /** The produced ids, a copy. */
  outputTokenIds(): number[] {
    return Array.from(this.tokens.subarray(this.promptTokenCount, this.tokenCount));
  }
}

/** How many answers are asked for. Throws `InvalidRequestError`. */
export function choiceCount({ n = 1, choice = 0 }: RequestInput): number {
  check(isIntegerIn(n, 1, MAX_CHOICES - choice), "n", n, `an integer in [1, ${MAX_CHOICES - choice}]`);
  return n;
}

function checkedMaxTokens({ maxTokens }: RequestInput): number {
  check(isIntegerIn(maxTokens, 1, Number.MAX_SAFE_INTEGER), "maxTokens", maxTokens, "an integer >= 1");
  return maxTokens;
}

function checkedDeadline({ deadline = Number.POSITIVE_INFINITY }: RequestInput, now: number): number {
  check(deadline > now, "deadline", deadline, `after the time of submission, ${now}`);
  return deadline;
}

function checkedQueueTimeout({ queueTimeout = Number.POSITIVE_INFINITY }: RequestInput): number {
  check(queueTimeout > 0, "queueTimeout", queueTimeout, "above 0");
  return queueTimeout;
}

/** Greatest retention priority: TensorRT-LLM's scale. */
const MAX_RETENTION_PRIORITY = 100;

function checkedRetention({ retention }: RequestInput): Retention | null {
  if (retention === undefined) return null;
  check(retention !== null && typeof retention === "object", "retention", retention, "a priority and a duration");
  const { priority, duration } = retention;
  check(
    priority >= 0 && priority <= MAX_RETENTION_PRIORITY,
    "retention.priority",
    priority,
    `in [0, ${MAX_RETENTION_PRIORITY}]`,
  );
  check(Number.isFinite(duration) && duration >= 0, "retention.duration", duration, "a finite number >= 0");
  return { priority, duration };
}
