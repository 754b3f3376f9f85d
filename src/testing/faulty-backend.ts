import type { Backend, BackendInfo } from "../backends/backend.ts";
import { DeviceLostError, DisposedError } from "../errors.ts";
import type { StepPlan, StepResult } from "../step.ts";
import type { DeviceFlaws, FailingBackend, StepFate } from "./faulty-device.ts";

interface Pending {
  /** What the backend behind makes of the step. */
  readonly own: Promise<StepResult>;
  readonly resolve: (result: StepResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Another backend whose steps end when a test says so, and as it says. The backend behind computes every step; of one
 * that fails the result is dropped, and of those behind it. Errors of its own are kept in `broken`: nothing but a test
 * may fail.
 */
export class FaultyBackend implements FailingBackend {
  readonly info: BackendInfo;
  readonly lost: Promise<string>;
  broken: Error | null = null;
  readonly #behind: Backend;
  readonly #flaws: Pick<DeviceFlaws, "moves" | "disposal">;
  readonly #pending: Pending[] = [];
  /** Reads and writes of blocks, and a disposal, that are not done. */
  readonly #transfers = new Set<Promise<unknown>>();
  #tellLost!: (reason: string) => void;
  #state: "alive" | "lost" | "disposed" = "alive";

  /** `info`: another shape than the backend has. */
  constructor(behind: Backend, flaws: Pick<DeviceFlaws, "moves" | "disposal"> = {}, info = behind.info) {
    this.info = info;
    this.#behind = behind;
    this.#flaws = flaws;
    this.lost = new Promise((resolve) => (this.#tellLost = resolve));
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  execute(plan: StepPlan): Promise<StepResult> {
    const gone = this.#gone();
    if (gone !== null) return Promise.reject(gone);
    const own = this.#behind.execute(plan);
    own.catch((error: Error) => {
      if (this.#state === "alive") this.broken ??= error;
    });
    return new Promise((resolve, reject) => this.#pending.push({ own, resolve, reject }));
  }

  async end(fate: StepFate): Promise<void> {
    if (fate === "done") return this.#finish();
    if (fate === "lost") {
      this.#state = "lost";
      this.#tellLost("a test took it away");
    }
    const error =
      fate === "lost" ? new DeviceLostError("the device was lost") : new Error("a test made this step fail");
    const failed = this.#pending.splice(0);
    await Promise.allSettled(failed.map(({ own }) => own));
    for (const { reject } of failed) reject(error);
  }

  async #finish(): Promise<void> {
    const step = this.#pending.shift();
    await step?.own.then(step.resolve, step.reject);
  }

  async settled(): Promise<void> {
    while (this.#transfers.size > 0) await Promise.allSettled(this.#transfers);
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    const gone = this.#gone();
    if (gone !== null) throw gone;
    if (this.#flaws.moves === true) throw new Error("a test made reading blocks fail");
    return this.#transfer(this.#behind.readBlocks(blocks));
  }

  async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    const gone = this.#gone();
    if (gone !== null) throw gone;
    return this.#transfer(this.#behind.writeBlocks(blocks, data));
  }

  async #transfer<T>(transfer: Promise<T>): Promise<T> {
    this.#transfers.add(transfer);
    try {
      return await transfer;
    } finally {
      this.#transfers.delete(transfer);
    }
  }

  #gone(): Error | null {
    if (this.#state === "lost") return new DeviceLostError("the device was lost before");
    return this.#state === "disposed" ? new DisposedError("a call to a backend that was disposed") : null;
  }

  async dispose(): Promise<void> {
    const wasLost = this.#state === "lost";
    this.#state = "disposed";
    for (const { reject } of this.#pending.splice(0)) reject(new DisposedError("the backend was disposed"));
    await this.#transfer(this.#behind.dispose());
    if (wasLost && this.#flaws.disposal === true) throw new Error("a lost device has nothing to give back");
  }
}
