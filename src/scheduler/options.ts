import { contextThatFits } from "../blocks/accounting.ts";
import type { BlockHash } from "../blocks/block-hash.ts";
import type { KvEvent } from "../blocks/events.ts";
import { checkSizes } from "../blocks/kv-cache-options.ts";
import {
  DEFAULT_BLOCK_SIZE,
  DEFAULT_MAX_EDITS,
  DEFAULT_MAX_FAILURES,
  DEFAULT_MAX_REQUESTS,
  DEFAULT_MAX_WAITING_REQUESTS,
  DEFAULT_MAX_WAITING_TOKENS,
  DEFAULT_TOKEN_BUDGET,
  MAX_CONTEXT_LENGTH,
  MAX_EDITS,
  MAX_REQUESTS,
  MAX_TOKEN_BUDGET,
  MAX_VOCAB_SIZE,
} from "../config.ts";
import { checkOptions, integerOption, type OptionKind } from "../option-checks.ts";
import { watermark } from "../policies/admission/watermark.ts";
import type { BudgetPolicy } from "../policies/budget/budget-policy.ts";
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
  /** Usable blocks, ids 1..blockCount; 16 Mi at most. */
  readonly blockCount: number;
  /** Tokens a block. Default 16. */
  readonly blockSize?: number;
  /** Most requests in a step. Default 256, 32,768 at most. */
  readonly maxRequests?: number;
  /** Most tokens in a step, where no budget policy is given. Default 512, 16 Mi at most. */
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

/** What each option holds. */
export const SCHEDULER_OPTIONS: Readonly<Record<keyof SchedulerOptions, OptionKind>> = {
  blockCount: "other",
  blockSize: "other",
  maxRequests: "other",
  tokenBudget: "other",
  contextLength: "other",
  groups: "other",
  maxWaitingRequests: "other",
  maxWaitingTokens: "other",
  longPrefillThreshold: "other",
  maxPartialPrefills: "other",
  maxLongPartialPrefills: "other",
  maxAdapters: "other",
  maxEditsPerStep: "other",
  maxFailures: "other",
  hash: "function",
  hostBlockCount: "other",
  worthSwapping: "function",
  onKvEvent: "function",
  vocabSize: "other",
  decisionLog: ["note", "notePlan"],
  onEnd: "function",
  queue: "other",
  admission: "other",
  preemption: "other",
  chunking: "other",
  budget: "other",
  eviction: "other",
  drafter: "other",
};

/** Fills in defaults and checks all options. Throws `InvalidOptionError` that names the option. */
export function resolveOptions(options: SchedulerOptions): ResolvedSchedulerOptions {
  checkOptions(options, SCHEDULER_OPTIONS);
  const { groups = [{ window: null }], blockSize = DEFAULT_BLOCK_SIZE, hostBlockCount = 0 } = options;
  const { blockCount, hash, onEnd, decisionLog, onKvEvent, worthSwapping } = options;
  checkSizes({ blockCount, blockSize, hostBlockCount, groups });
  const policies = policiesOf(options);
  checkBudget(policies.budget);
  return {
    ...policies,
    blockCount,
    blockSize,
    hostBlockCount,
    groups,
    contextLength: contextLengthOf(options, { blockCount, blockSize, groups }),
    maxRequests: integerOr(DEFAULT_MAX_REQUESTS, "maxRequests", options, MAX_REQUESTS),
    maxWaitingRequests: integerOr(DEFAULT_MAX_WAITING_REQUESTS, "maxWaitingRequests", options),
    maxWaitingTokens: integerOr(DEFAULT_MAX_WAITING_TOKENS, "maxWaitingTokens", options),
    longPrefillThreshold: integerOr(Number.POSITIVE_INFINITY, "longPrefillThreshold", options),
    maxPartialPrefills: integerOr(Number.POSITIVE_INFINITY, "maxPartialPrefills", options),
    maxLongPartialPrefills: integerOr(Number.POSITIVE_INFINITY, "maxLongPartialPrefills", options),
    maxAdapters: integerOr(Number.POSITIVE_INFINITY, "maxAdapters", options),
    vocabSize: integerOr(MAX_VOCAB_SIZE, "vocabSize", options, MAX_VOCAB_SIZE),
    maxEditsPerStep: integerOr(DEFAULT_MAX_EDITS, "maxEditsPerStep", options, MAX_EDITS),
    maxFailures: integerOr(DEFAULT_MAX_FAILURES, "maxFailures", options),
    hash,
    onEnd,
    decisionLog,
    onKvEvent,
    worthSwapping,
  };
}

function contextLengthOf(
  options: SchedulerOptions,
  pool: Pick<ResolvedSchedulerOptions, "blockCount" | "blockSize" | "groups">,
): number {
  return options.contextLength === undefined
    ? contextThatFits({ ...pool, limit: MAX_CONTEXT_LENGTH })
    : integerOption("contextLength", options.contextLength, { least: 1, most: MAX_CONTEXT_LENGTH });
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
    budget: options.budget ?? fixed(integerOr(DEFAULT_TOKEN_BUDGET, "tokenBudget", options, MAX_TOKEN_BUDGET)),
    eviction: options.eviction ?? lru(),
    drafter: options.drafter,
  };
}

/** Columns are made for `maxTokens`. */
function checkBudget({ name, maxTokens }: BudgetPolicy): void {
  integerOption(`maxTokens of budget policy ${name}`, maxTokens, { least: 1, most: MAX_TOKEN_BUDGET });
}

type NumberOption = {
  [Name in keyof SchedulerOptions]-?: SchedulerOptions[Name] extends number | undefined ? Name : never;
}[keyof SchedulerOptions];

/** The option, an integer in [1, most]; the default where it is not given. */
function integerOr(byDefault: number, name: NumberOption, options: SchedulerOptions, most?: number): number {
  return options[name] === undefined ? byDefault : integerOption(name, options[name], { least: 1, most });
}
