import { MAX_CHOICES, MAX_TOP_LOGPROBS } from "./config.ts";
import { check, checkText, checkTokenIds, copyTokenIds, isIntegerIn } from "./request-checks.ts";
import { resolveSampling, type SamplingParams } from "./sampling-params.ts";
import type { TokenMask } from "./token-mask.ts";

/** Chosen by the caller, unique among the requests that have not ended. */
export type RequestId = string | number;

/** Why a request ended. */
export type FinishReason = "stop" | "length" | "abort" | "error";

/** What a processor of logits sees: the known tokens, to be read during the call. */
export interface LogitsContext {
  /** Prompt and answer. */
  readonly tokenIds: Int32Array;
  readonly promptTokenCount: number;
}

/**
 * Gives bias for the next token: pairs of an id and what is added to its logit; minus infinity bans it. Called once for
 * each token on the host, so that the request waits for its last token there; drafts are off. It must give the same for
 * the same tokens. Where it throws, its request ends with that error.
 */
export type LogitsProcessor = (context: LogitsContext) => Iterable<readonly [tokenId: number, bias: number]>;

/** What a caller submits. */
export interface RequestInput {
  readonly id: RequestId;
  /** At least one id. Copied. */
  readonly promptTokenIds: ArrayLike<number>;
  /** Most tokens to produce, at least 1; the context length ends a request earlier. */
  readonly maxTokens: number;
  readonly sampling?: Partial<SamplingParams>;
  /**
   * Which tokens may come next; of several answers each has a fork. It has accepted nothing, and stays the caller's.
   * Its stop ids are those of `stopTokenIds`; without any, the request ends where the mask is done.
   */
  readonly mask?: TokenMask;
  /** Called in order; their bias is added up. */
  readonly logitsProcessors?: readonly LogitsProcessor[];
  /**
   * Log probabilities of the prompt's tokens, each with this many of the likeliest beside it, 0..20; -1 for none. Such
   * a request takes nothing from the prefix cache and leaves nothing there. Default -1.
   */
  readonly promptLogprobs?: number;
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
   * A beam: between steps its last token may be replaced, and it may branch. It sits out planning ahead and gets no
   * drafts. Default false.
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

/** Every field of a request. */
export const REQUEST_FIELDS: readonly (keyof RequestInput)[] = [
  "id",
  "promptTokenIds",
  "maxTokens",
  "sampling",
  "mask",
  "logitsProcessors",
  "promptLogprobs",
  "n",
  "choice",
  "branches",
  "stopTokenIds",
  "priority",
  "adapterId",
  "cacheSalt",
  "skipPrefixCache",
  "client",
  "deadline",
  "queueTimeout",
  "retention",
];

/**
 * Blocks of a greater priority, 0..100, outlive all of a lesser, for a duration in units of `now` from the request's
 * end.
 */
export interface Retention {
  readonly priority: number;
  readonly duration: number;
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
  readonly promptLogprobs: number;
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
  /** When it was first admitted; null before. */
  admittedAt: number | null = null;
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
    this.stopTokenIds = input.stopTokenIds === undefined ? NO_IDS : checkTokenIds("stopTokenIds", input.stopTokenIds);
    this.branches = input.branches === true;
    check(!this.branches || (input.n ?? 1) === 1, "n", input.n, "1 where it branches");
    this.promptLogprobs = checkedPromptLogprobs(input);
    this.priority = input.priority ?? 0;
    check(Number.isFinite(this.priority), "priority", this.priority, "a finite number");
    this.adapterId = input.adapterId ?? 0;
    check(isIntegerIn(this.adapterId, 0, 2 ** 31 - 1), "adapterId", this.adapterId, "an integer >= 0");
    this.cacheSalt = checkText("cacheSalt", input.cacheSalt ?? "");
    this.cacheable = input.skipPrefixCache !== true && this.promptLogprobs < 0;
    this.client = checkText("client", input.client ?? "");
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

function checkedPromptLogprobs({ promptLogprobs = -1, branches }: RequestInput): number {
  const wanted = `an integer in [-1, ${MAX_TOP_LOGPROBS}]`;
  check(isIntegerIn(promptLogprobs, -1, MAX_TOP_LOGPROBS), "promptLogprobs", promptLogprobs, wanted);
  check(branches !== true || promptLogprobs < 0, "promptLogprobs", promptLogprobs, "-1 where it branches");
  return promptLogprobs;
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
