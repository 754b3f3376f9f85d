/**
 * The contract between scheduler and backend: what a step computes, and what came out.
 *
 * Columns are capacity-sized typed arrays, allocated once and kept up to date from step to step; only the
 * counts say how much of them is this step's. R requests, T tokens, S samples.
 */
import type { RequestView } from "./request.ts";

/** One block group of a plan: layers that share one block table a request (one group where all layers are alike). */
export interface PlanGroup {
  /** [T] KV slot that the token's key and value are written to: `block * blockSize + offset`. */
  readonly slotMapping: Int32Array;
  /** Entries of one request's table. In a group without a window it may grow from one plan to the next. */
  readonly stride: number;
  /**
   * [maxRequests x stride] the block tables, by request slot: the block of position p of the request at `slot` is
   * `tables[slot * stride + Math.floor(p / blockSize) % stride]`. In a group with a window the table is a ring. Entries
   * for positions that no token of the step sees may hold anything. Replaced by a longer array where `stride` grows.
   */
  readonly tables: Int32Array;
  /** Ranges in `changes`, one a slot at most. */
  readonly changeCount: number;
  /**
   * [3 x changeCount] (slot, first, end): since the plan before, the blocks first <= k < end of the slot's request were
   * written, and end - first <= stride. A slot in `changes` need not have a row in this plan.
   *
   * A backend that keeps tables of its own applies each plan's changes in the order of steps: after the step before has
   * read its tables, before this one reads them. Changes are absolute, so that a rejected step needs no undoing: the
   * next plan names the whole table of every running slot. So does a plan whose `stride` differs from the one before.
   * After a lost device no request holds blocks, and later plans name all that they use.
   */
  readonly changes: Int32Array;
}

/** Columns of the samples, [S] each, in the order of `sampleRows`. */
export interface SamplingColumns {
  /** 0 is greedy: the other columns are then ignored. */
  readonly temperature: Float32Array;
  /** Keep the k likeliest (ties with the k-th are kept); 0 keeps all. */
  readonly topK: Int32Array;
  /** Keep the smallest set of likeliest tokens whose probability reaches p; 1 keeps all. */
  readonly topP: Float32Array;
  /** Keep tokens whose probability is at least minP times the likeliest one's; 0 keeps all. */
  readonly minP: Float32Array;
  /** [2 x S] low and high word of the 64-bit seed, as u32 bits. */
  readonly seed: Int32Array;
  /** Which of the request's n choices this is: part of the random key. */
  readonly choice: Int32Array;
  /** How many top log probabilities are wanted beside the chosen one's; -1 for none at all. */
  readonly logprobs: Int32Array;
}

/**
 * Changes of single logits before a sample is chosen, CSR by sample; a sample's ids are distinct. With x a float32
 * logit:
 * `x = x + bias; x = x > 0 ? x / scale : x * scale; x = x - penalty`, each rounded to float32. Log probabilities and
 * flags stay those of the unmodified logits.
 *
 * Sources: repetition penalty (arXiv 1909.05858), presence and frequency penalties and `logit_bias` (OpenAI's API).
 */
export interface EditColumns {
  /** [S+1] sample s has the edits `[indptr[s], indptr[s+1])`. Says nothing where `editCount` is 0. */
  readonly indptr: Int32Array;
  /** [editCount] */
  readonly tokenIds: Int32Array;
  /** [editCount] finite, or minus infinity, which bans the id, or plus infinity, which forces it. */
  readonly bias: Float32Array;
  /** [editCount] above 0; 1 changes nothing. */
  readonly scale: Float32Array;
  /** [editCount] finite. */
  readonly penalty: Float32Array;
}

/**
 * One step's work. Owned by the scheduler: a backend reads the columns before `execute` returns its promise and
 * keeps no reference to them afterwards.
 */
export interface StepPlan {
  /** Serial number of the plan, from 0. Never used again, not even after a rollback. */
  readonly index: number;
  readonly tokenCount: number;
  readonly requestCount: number;
  readonly sampleCount: number;
  /** Entries of `edits`, at most the backend's `maxEdits`. */
  readonly editCount: number;
  /** Samples with a mask. */
  readonly maskCount: number;
  readonly copyCount: number;
  readonly swapOutCount: number;
  readonly swapInCount: number;
  /**
   * [T] input ids; `~i` (negative) stands for the id sampled for `sampleRows[i]` of the previous plan that was not
   * rolled back.
   */
  readonly tokenIds: Int32Array;
  /** [T] position in the sequence. */
  readonly positions: Int32Array;
  /** [R+1] CSR: request r owns tokens `[queryIndptr[r], queryIndptr[r+1])`. */
  readonly queryIndptr: Int32Array;
  /**
   * [R] small integer below the backend's `maxRequests` that is the request's own while it runs; a later plan may name
   * it for another request.
   */
  readonly requestSlots: Int32Array;
  /** [R] the rows' requests, in a scheduler's plan: for people and tools. Backends need none. */
  readonly requests?: readonly RequestView[];
  /** [R] tokens visible after this step. */
  readonly contextLengths: Int32Array;
  /** [R] adapter, 0 for none. */
  readonly adapterIds: Int32Array;
  readonly groups: readonly PlanGroup[];
  /** [R+1] CSR: request r's samples are `[sampleIndptr[r], sampleIndptr[r+1])`. */
  readonly sampleIndptr: Int32Array;
  /**
   * [S] token rows whose next token is sampled; one row several times where several choices begin with it. S is at most
   * the most tokens of a step.
   */
  readonly sampleRows: Int32Array;
  readonly sampling: SamplingColumns;
  readonly edits: EditColumns;
  /** [maskCount] the samples that have a mask, ascending. */
  readonly maskRows: Int32Array;
  /**
   * [maskCount x ceil(vocabSize / 32)] the masks. An id is allowed where bit `id % 32` of word `id >> 5` is set.
   * Other logits count as minus infinity, whatever their edits are.
   */
  readonly maskWords: Int32Array;
  /** [2 x swapOutCount] (device block, host block) pairs: done first. */
  readonly swapOuts: Int32Array;
  /** [2 x swapInCount] (host block, device block) pairs: done second. */
  readonly swapIns: Int32Array;
  /**
   * [2 x copyCount] (source, target) device blocks: done third, before the forward pass. Sources were computed by
   * earlier plans.
   */
  readonly copies: Int32Array;
}

/** Bit of `StepResult.sampleFlags`: a logit was NaN or infinite. */
export const SAMPLE_NOT_FINITE = 1;

/** What came out of a step; valid until the second next `execute`. Owned by the backend. */
export interface StepResult {
  /** [S] sampled ids, in the order of the plan's `sampleRows`. */
  readonly tokenIds: Int32Array;
  /** [S] bit 0 (`SAMPLE_NOT_FINITE`): the logits held NaN or an infinity, so that the id means nothing. */
  readonly sampleFlags?: Uint8Array;
  /** [S] log probability of the sampled id under the unmodified distribution, where `sampling.logprobs >= 0`. */
  readonly logprobs?: Float32Array;
  /** [S x MAX_TOP_LOGPROBS] ids of the likeliest tokens, likeliest first. */
  readonly topIds?: Int32Array;
  /** [S x MAX_TOP_LOGPROBS] their log probabilities. */
  readonly topLogprobs?: Float32Array;
  /** [S x vocabSize] raw logits, only from a backend made with `keepLogits: true` (tests, inspection). */
  readonly logits?: Float32Array;
}
