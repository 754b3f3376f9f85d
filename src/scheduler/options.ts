import { contextThatFits } from "../blocks/accounting.ts";
import type { KvEvent } from "../blocks/events.ts";
import type { BlockHash } from "../blocks/block-hash.ts";
import {
  DEFAULT_BLOCK_SIZE,
  DEFAULT_MAX_EDITS,
  DEFAULT_MAX_FAILURES,
  DEFAULT_MAX_REQUESTS,
  DEFAULT_MAX_WAITING_REQUESTS,
  DEFAULT_MAX_WAITING_TOKENS,
  DEFAULT_TOKEN_BUDGET,
  MAX_CONTEXT_LENGTH,
} from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { watermark } from "../policies/admission/watermark.ts";
import { fixed } from "../policies/budget/fixed.ts";
import { lru } from "../policies/eviction/lru.ts";
import { lastIn } from "../policies/preemption/last-in.ts";
import { fcfs as fcfsQueue } from "../policies/queue/fcfs.ts";
import { fcfs as fcfsChunks } from "../prefill/fcfs.ts";
import type { Request } from "../request.ts";
import type { DecisionLog } from "./inspect/decision-log.ts";
import { checkPolicies, type PolicyOptions } from "./policy-options.ts";

/** A scheduler's limits and policies. A policy object keeps state: it serves one scheduler. */
export interface SchedulerOptions extends PolicyOptions {
  /** Usable blocks, ids 1..blockCount. */
  readonly blockCount: number;
  /** Tokens a block. Default 16. */
  readonly blockSize?: number;
  /** Most requests in a step. Default 256. */
  readonly maxRequests?: number;
  /** Most tokens in a step, where no budget policy is given. Default 512. */
  readonly tokenBudget?: number;
  /** Most tokens of one request. Default: what the pool holds, and one more, which needs no slot; windows counted. */
  readonly contextLength?: number;
  /** Block groups, in the order of the backend's. Default one that sees everything. */
  readonly groups?: readonly { readonly window: number | null }[];
  /** Most waiting requests. Default 4,096. */
  readonly maxWaitingRequests?: number;
  /** Most tokens of waiting requests. Default 16 Mi. */
  readonly maxWaitingTokens?: number;
  /** Most tokens that one prompt gets in a step; also what counts as a long prompt. Default: no limit. */
  readonly longPrefillThreshold?: number;
  /** Most running prompts that are not wholly computed after a step. Default: no limit. */
  readonly maxPartialPrefills?: number;
  /** Of these, most that are longer than `longPrefillThreshold`. Default: no limit. */
  readonly maxLongPartialPrefills?: number;
  /** Most distinct adapters, besides none, in a step: what the backend keeps loaded. Default: no limit. */
  readonly maxAdapters?: number;
  /** Most edits of logits in a step: a request whose edits are beyond it waits a step. Default 65,536. */
  readonly maxEditsPerStep?: number;
  /** Failed steps in a row after which a request ends, once it has failed alone. Default 3. */
  readonly maxFailures?: number;
  /** Of the prefix cache; only finds candidates. */
  readonly hash?: BlockHash;
  /** Blocks of the backend's host tier that evicted blocks are swapped out to. Default 0. */
  readonly hostBlockCount?: number;
  /** Whether swapping this cached block out and in again is cheaper than computing it again. Default: always. */
  readonly worthSwapping?: (block: number) => boolean;
  /** Takes the prefix cache's events: in order, each after the commit of the step that made it true. */
  readonly onKvEvent?: (event: KvEvent) => void;
  /** Token ids of results are below it. Default 2^31. */
  readonly vocabSize?: number;
  /** Notes every decision. Default none. */
  readonly decisionLog?: DecisionLog;
  /**
   * Called when a request ends, in whatever way, after its blocks are back. What it or `onKvEvent` throws, the
   * scheduler's call throws when its work is done.
   */
  readonly onEnd?: (request: Request) => void;
}

type Optional = "hash" | "onEnd" | "onKvEvent" | "worthSwapping" | "decisionLog" | "drafter";

/** The options with defaults. */
export type ResolvedSchedulerOptions = Required<Omit<SchedulerOptions, "tokenBudget" | Optional>> &
  Pick<SchedulerOptions, Optional>;

/** Fills in defaults and checks ranges. Throws `InvalidOptionError` that names the option. `KvCache` checks its own. */
export function resolveOptions(options: SchedulerOptions): ResolvedSchedulerOptions {
  const { groups = [{ window: null }], blockSize = DEFAULT_BLOCK_SIZE } = options;
  return {
    ...policiesOf(options),
    blockCount: options.blockCount,
    blockSize,
    maxRequests: positive("maxRequests", options.maxRequests ?? DEFAULT_MAX_REQUESTS),
    contextLength: positive(
      "contextLength",
      options.contextLength ??
        contextThatFits({ blockCount: options.blockCount, blockSize, groups, limit: MAX_CONTEXT_LENGTH }),
    ),
    groups,
    maxWaitingRequests: positive("maxWaitingRequests", options.maxWaitingRequests ?? DEFAULT_MAX_WAITING_REQUESTS),
    maxWaitingTokens: positive("maxWaitingTokens", options.maxWaitingTokens ?? DEFAULT_MAX_WAITING_TOKENS),
    longPrefillThreshold: limit("longPrefillThreshold", options.longPrefillThreshold),
    maxPartialPrefills: limit("maxPartialPrefills", options.maxPartialPrefills),
    maxLongPartialPrefills: limit("maxLongPartialPrefills", options.maxLongPartialPrefills),
    maxAdapters: limit("maxAdapters", options.maxAdapters),
    vocabSize: positive("vocabSize", options.vocabSize ?? 2 ** 31),
    maxEditsPerStep: positive("maxEditsPerStep", options.maxEditsPerStep ?? DEFAULT_MAX_EDITS),
    maxFailures: positive("maxFailures", options.maxFailures ?? DEFAULT_MAX_FAILURES),
    hostBlockCount: options.hostBlockCount ?? 0,
    hash: options.hash,
    onEnd: options.onEnd,
    decisionLog: options.decisionLog,
    onKvEvent: options.onKvEvent,
    worthSwapping: options.worthSwapping,
  };
}

/** The policies, by default those that most servers start with. */
function policiesOf(options: SchedulerOptions): Pick<ResolvedSchedulerOptions, keyof PolicyOptions> {
  checkPolicies(options);
  const { queue = fcfsQueue() } = options;
  return {
    queue,
    admission: options.admission ?? watermark(),
    preemption: options.preemption ?? queue.preemption?.() ?? lastIn(),
    chunking: options.chunking ?? fcfsChunks(),
    budget: options.budget ?? fixed(options.tokenBudget ?? DEFAULT_TOKEN_BUDGET),
    eviction: options.eviction ?? lru(),
    drafter: options.drafter,
  };
}

/** A limit, `Infinity` where there is none. */
function limit(name: string, value: number | undefined): number {
  return value === undefined ? Number.POSITIVE_INFINITY : positive(name, value);
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidOptionError(`${name} must be an integer >= 1, got ${value}`);
  }
  return value;
}
