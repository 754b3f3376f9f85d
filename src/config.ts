/** Limits and defaults of the core, the reason beside each. */

/** Never handed out: tables may hold it to say "no block", storage keeps room for it. */
export const NULL_BLOCK = 0;

/**
 * Tokens a block: 16 keeps the waste of a half-filled last block near 8 tokens a request (PagedAttention, arXiv
 * 2309.06180, section 7.2).
 */
export const DEFAULT_BLOCK_SIZE = 16;

/** Requests a step: 256 is near B* of the GPUs of 2022-2024 at 16 bits, where more decodes stop being free. */
export const DEFAULT_MAX_REQUESTS = 256;

/**
 * Tokens a step: 512 is between B* of an A100 (about 200) and of an H100 (about 300) plus room for a chunk beside full
 * decodes.
 */
export const DEFAULT_TOKEN_BUDGET = 512;

/** Waiting requests: beyond some thousands a client is better told at once than left to time out. */
export const DEFAULT_MAX_WAITING_REQUESTS = 4096;

/** Waiting prompt tokens: 16 Mi tokens are 64 MiB of ids, and hours of prefill on one GPU. */
export const DEFAULT_MAX_WAITING_TOKENS = 16 * 1024 * 1024;

/**
 * Failed steps in a row that one request may take part in before it ends alone. 3 outlives a hiccup, and bounds the
 * work lost.
 */
export const DEFAULT_MAX_FAILURES = 3;

/**
 * Share of the pool that admission keeps free for the growth of running requests (vLLM measured 1,065 -> 187
 * preemptions at 0.05; 0.01 is its long-standing default).
 */
export const DEFAULT_WATERMARK = 0.01;

/**
 * Plans that may be uncommitted: one on the device and one queued behind it hide the host; a third would only add
 * latency to a stop.
 */
export const MAX_PLANS_IN_FLIGHT = 2;

/**
 * Requests that one step's admissions pass over because they would stay partial: each costs a removal from the queue
 * and an insertion.
 */
export const MAX_SET_ASIDE = 64;

/**
 * Plans for which a request may wait for its adapter's place while requests of other adapters go before it: some
 * seconds of decoding.
 */
export const MAX_ADAPTER_WAIT = 64;

/**
 * Tokens that a waiting request has room for beside its prompt: an answer that is no longer needs no second array at
 * its admission, and 4,096 of them wait in 8 MiB.
 */
export const ANSWER_ROOM = 512;

/**
 * Choices of one request: the largest `n` of OpenAI's API; each is a sequence with blocks of its own once its answer
 * begins.
 */
export const MAX_CHOICES = 128;

/** Columns of `topIds` and `topLogprobs`: the largest `top_logprobs` of OpenAI's API. */
export const MAX_TOP_LOGPROBS = 20;

/** Edits of logits in one step: penalties on 1,024 tokens of each of 64 requests, in 1 MiB. */
export const DEFAULT_MAX_EDITS = 65_536;

/** Most of these: columns of 256 MiB. */
export const MAX_EDITS = 2 ** 24;

/** Requests of a step: a block's references are counted in 16 bits, and a request may refer to a block twice. */
export const MAX_REQUESTS = 2 ** 15;

/** Tokens of a step: plans have about 60 bytes a token, so that the largest take 1 GiB. */
export const MAX_TOKEN_BUDGET = 2 ** 24;

/** Blocks of a tier: 2 GiB of book-keeping, and 256 Mi tokens at 16 a block, beyond any device's memory. */
export const MAX_BLOCKS = 2 ** 24;

/** Decisions of a log: 40 bytes each, so that the largest takes 640 MiB. */
export const MAX_DECISIONS = 2 ** 24;

/** Largest block size: a block is the grain of sharing and of waste; beyond 1,024 nothing is gained. */
export const MAX_BLOCK_SIZE = 1024;

/** Largest pool: slots (`blockId * blockSize + offset`) must fit a signed 32-bit integer. */
export const MAX_SLOTS = 2 ** 31 - 1;

/** Ids of tokens are 31 bits: a negative one in a plan stands for a sample. */
export const MAX_VOCAB_SIZE = 2 ** 31;

/** Longest context: counts of tokens stay small integers, which are never boxed. */
export const MAX_CONTEXT_LENGTH = 2 ** 30 - 2;
