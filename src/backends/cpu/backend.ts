import { assert } from "../../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import { DeviceLostError, DisposedError } from "../../errors.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import type { BlockStore } from "./block-store.ts";
import { checkPlan } from "./check-plan.ts";
import type { StepColumns } from "./columns.ts";
import type { StepPool } from "./pool.ts";
import type { ThreadChoice } from "./thread-choice.ts";

/** What a backend is made of. */
export interface BackendParts {
  readonly info: BackendInfo;
  readonly pool: StepPool;
  readonly columns: readonly [StepColumns, StepColumns];
  readonly blocks: BlockStore;
  readonly threads: ThreadChoice;
  /** Resolves with a reason when the pool is lost. */
  readonly lost: Promise<string>;
}

interface Failure {
  readonly error: unknown;
}

/** A step that was taken: it gives its result, or fails with the step ahead of it. */
type Accepted = (() => Promise<StepResult>) | Failure;

/** Runs plans on the CPU's threads; the contract is `Backend`'s. */
export class CpuBackend implements Backend {
  readonly info: BackendInfo;
  readonly lost: Promise<string>;
  /** `null` once disposed, so that the memory can go. */
  #parts: BackendParts | null;
  #inFlight = 0;
  /** Steps that were posted to the pool; the last one's samples can be fed back. */
  #posted = 0;
  #samplesBefore = 0;
  /** Why the steps accepted now fail: a step failed and its promise is not rejected yet. */
  #failure: Failure | null = null;
  /** Settles when the steps and transfers accepted so far are over. */
  #last: Promise<unknown> = Promise.resolve();
  /** Transfers that are not over, and steps that wait for one before they are posted. */
  #waiting = 0;

  constructor(parts: BackendParts) {
    this.info = parts.info;
    this.lost = parts.lost;
    this.#parts = parts;
  }

  execute(plan: StepPlan): Promise<StepResult> {
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, () => `${MAX_PLANS_IN_FLIGHT} steps are in flight already`);
    const accepted = this.#accept(plan);
    const ahead = this.#last;
    this.#inFlight++;
    const step = this.#settle(accepted, ahead);
    this.#last = step.catch(() => {});
    return step;
  }

  readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    return this.#transfer((store) => store.read(blocks));
  }

  writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    return this.#transfer((store) => store.write(blocks, data));
  }

  async dispose(): Promise<void> {
    this.#parts?.pool.stop();
    this.#parts = null;
  }

  /** Packs the plan at once. */
  #accept(plan: StepPlan): Accepted {
    if (this.#failure !== null) return this.#failure;
    try {
      return this.#post(plan);
    } catch (error) {
      this.#failure = { error };
      this.#samplesBefore = 0;
      return this.#failure;
    }
  }

  #post(plan: StepPlan): () => Promise<StepResult> {
    const { pool, columns, threads } = this.#alive();
    checkPlan(plan, this.info, this.#samplesBefore);
    const serial = this.#posted++;
    const own = columns[serial % 2];
    const { sampleCount, tokenCount } = plan;
    const used = threads.choose(tokenCount);
    own.pack(plan, serial, used, columns[(serial + 1) % 2]);
    this.#samplesBefore = sampleCount;
    const blocker = this.#waiting > 0 ? this.#last : null;
    if (blocker === null) pool.post(own.record, used);
    else this.#waiting++;
    return async () => {
      if (blocker !== null) {
        await blocker;
        this.#waiting--;
        pool.post(own.record, used);
      }
      await pool.whenDone(serial + 1);
      this.#alive();
      threads.done();
      return own.result(sampleCount);
    };
  }

  /** Ends a step after the one ahead of it. */
  async #settle(accepted: Accepted, ahead: Promise<unknown>): Promise<StepResult> {
    try {
      if (typeof accepted !== "function") {
        await ahead;
        throw accepted.error;
      }
      const result = await accepted();
      await ahead;
      return result;
    } finally {
      this.#inFlight--;
      if (this.#failure === accepted) this.#failure = null;
    }
  }

  /** Runs after the steps accepted before it and before later ones. */
  #transfer<T>(run: (store: BlockStore) => T): Promise<T> {
    const ahead = this.#last;
    this.#waiting++;
    const transfer = (async () => {
      try {
        this.#alive();
        await ahead;
        return run(this.#alive().blocks);
      } finally {
        this.#waiting--;
      }
    })();
    this.#last = transfer.catch(() => {});
    return transfer;
  }

  /** The parts, or the reason why there are none. */
  #alive(): BackendParts {
    if (this.#parts === null) throw new DisposedError("the CPU backend was used after dispose()");
    const { lost } = this.#parts.pool;
    if (lost !== null) throw new DeviceLostError(`the CPU backend's threads are lost (${lost})`);
    return this.#parts;
  }
}
