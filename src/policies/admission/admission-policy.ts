import type { RequestView } from "../../request.ts";

/** The pool and the running requests, as an admission policy sees them. Counts are blocks of all groups. */
export interface AdmissionView {
  readonly blockCount: number;
  readonly blockSize: number;
  readonly groupCount: number;
  /** Most tokens of one request. */
  readonly contextLength: number;
  /** Free, or cached and so to be had. */
  readonly availableBlocks: number;
  /** What running requests still lack for the tokens that they have: prompts under way. */
  readonly promisedBlocks: number;
  /** Blocks that hold `tokenCount` tokens of one request, at most. */
  blocksFor(tokenCount: number): number;
  /**
   * Blocks beyond `blocksFor` that one request may hold while its prompt is computed: a window gives back what steps in
   * flight have passed only when they are committed. 0 without windows.
   */
  readonly inFlightBlocks: number;
  /**
   * Blocks that a running request holds now, shared ones included; in groups with a window a shared block counts in
   * parts.
   */
  heldBlocks(request: RequestView): number;
  readonly running: readonly RequestView[];
}

/**
 * Whether a waiting request may start, by its need of blocks. Not asked when nothing runs: a feasible request then
 * starts.
 */
export interface AdmissionPolicy {
  readonly name: string;
  /**
   * How many blocks are missing before `request` may start, 0 to start it. `needed`: blocks that it takes for the
   * tokens it has, beyond what others hold already.
   */
  missingBlocks(request: RequestView, needed: number, view: AdmissionView): number;
  /**
   * Once a step, after running requests have their share, before admissions. `shortage`: a block was missing, so a
   * request was preempted or had to wait.
   */
  step?(view: AdmissionView, shortage: boolean): void;
  /** A request ended, in whatever way: `finishReason` says how. */
  ended?(request: RequestView): void;
}
