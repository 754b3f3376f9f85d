import type { StepPlan, StepResult } from "../step.ts";

/** Limits and shape of a backend: what a scheduler that feeds it must respect. */
export interface BackendInfo {
  /** For people: "reference", "webgpu (SwiftShader)". */
  readonly name: string;
  /** Usable device blocks, ids 1..blockCount; storage holds one more, block 0 is never read or written by a plan. */
  readonly blockCount: number;
  /** Host-tier blocks, ids 1..hostBlockCount; 0 where the backend has none. */
  readonly hostBlockCount: number;
  /** Tokens a block holds. */
  readonly blockSize: number;
  /** Most tokens a step may carry. */
  readonly maxTokens: number;
  /** Most requests a step may carry; request slots are below it. */
  readonly maxRequests: number;
  /** Most edits of logits that a step may carry. Default 65,536. */
  readonly maxEdits?: number;
  /** Most positions a request may have. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /** Bytes of keys and values that one block holds, all layers of its group. */
  readonly bytesPerBlock: number;
  /** Block groups in the order of `plan.groups`; `window` in tokens, `null` where every position is visible. */
  readonly groups: readonly { readonly window: number | null }[];
  /**
   * Whether a request's logits are the same bits in any batch, as a probe at creation found it; absent where a backend
   * does not probe.
   */
  readonly bitExact?: boolean;
}

/**
 * A device that runs plans. Implementations pass `backendConformance()` of `bstar/testing`.
 *
 * `execute` reads the plan's columns before it returns its promise, accepts a second call before the first resolves,
 * resolves in order, and after a rejection rejects every call already accepted behind it; the next call after that
 * starts afresh. Order inside a step: swap out, swap in, copies, forward, sample. In a layer, keys and values of all
 * the step's tokens are written before any is read.
 *
 * Errors: `DeviceLostError` once the device is gone, `DisposedError` after `dispose()`, anything else is a failed step.
 */
export interface Backend {
  readonly info: BackendInfo;
  execute(plan: StepPlan): Promise<StepResult>;
  /**
   * Contents of whole device blocks, `bytesPerBlock` each, in the order asked; only this kind of backend and model can
   * read them.
   */
  readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array>;
  /** The inverse of `readBlocks`: `data` holds `bytesPerBlock` for each of `blocks`. */
  writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void>;
  /**
   * Resolves, with a reason for people, when the device is lost; never rejects, never resolves because of `dispose()`.
   */
  readonly lost: Promise<string>;
  /** Gives everything back; idempotent. */
  dispose(): Promise<void>;
}
