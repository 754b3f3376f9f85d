import { assert } from "../../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import { DeviceLostError, DisposedError } from "../../errors.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import type { BlockTransfer } from "./block-transfer.ts";
import type { Buffers } from "./buffers.ts";
import type { DeviceSource } from "./device.ts";
import type { Runner } from "./runner.ts";
import type { Turns } from "./turns.ts";

/** What a backend is made of. */
export interface BackendParts {
  readonly info: BackendInfo;
  readonly device: GPUDevice;
  /** Whether the device goes with the backend. */
  readonly owned: boolean;
  readonly buffers: Buffers;
  readonly runner: Runner;
  readonly transfer: BlockTransfer;
  /** Where the device is from, kept because calls on a device fail in Node once nothing refers to its GPU object. */
  readonly source: DeviceSource;
  readonly turns: Turns;
}

/** Runs plans on a WebGPU device; the contract is `Backend`'s. */
export class WebGPUBackend implements Backend {
  readonly info: BackendInfo;
  readonly lost: Promise<string>;
  readonly #parts: BackendParts;
  #inFlight = 0;
  /** The step that was accepted last, while it is in flight. */
  #last: Promise<StepResult> | null = null;
  #disposed = false;
  #lostReason: string | null = null;
  /** An error that the device reported on its own: the next step to end fails with it. */
  #deviceError: Error | null = null;

  constructor(parts: BackendParts) {
    this.info = parts.info;
    this.#parts = parts;
    parts.device.addEventListener("uncapturederror", this.#onDeviceError);
    this.lost = new Promise((resolve) => {
      void parts.device.lost.then(({ reason, message }) => {
        this.#lostReason = `${reason}: ${message}`;
        if (!this.#disposed) resolve(this.#lostReason);
      });
    });
  }

  execute(plan: StepPlan): Promise<StepResult> {
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, () => `${MAX_PLANS_IN_FLIGHT} steps are in flight already`);
    const ahead = this.#last;
    this.#inFlight++;
    const step = this.#settle(this.#run(plan), ahead);
    this.#last = step;
    const ended = (): void => this.#ended(step);
    step.then(ended, ended);
    return step;
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    this.#checkAlive();
    const { turns, transfer } = this.#parts;
    try {
      return await turns.take(() => transfer.read(blocks));
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    this.#checkAlive();
    const { turns, transfer } = this.#parts;
    await turns.take(async () => transfer.write(blocks, data));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const { device, buffers, owned } = this.#parts;
    device.removeEventListener("uncapturederror", this.#onDeviceError);
    buffers.destroy();
    if (owned) device.destroy();
  }

  async #run(plan: StepPlan): Promise<StepResult> {
    this.#checkAlive();
    return this.#parts.runner.run(plan);
  }

  /** Ends a step after the one ahead of it, and as badly. */
  async #settle(running: Promise<StepResult>, ahead: Promise<StepResult> | null): Promise<StepResult> {
    const [before, outcome] = await Promise.allSettled([ahead, running]);
    if (before.status === "rejected") throw before.reason;
    const error = outcome.status === "rejected" ? await this.#explain(outcome.reason) : this.#deviceError;
    this.#deviceError = null;
    if (error === null) return (outcome as PromiseFulfilledResult<StepResult>).value;
    this.#last = null; // what is accepted from now on does not rely on this step
    this.#parts.runner.forgetSamples();
    throw error;
  }

  /** What a failure means: a buffer's mapping is aborted only by `dispose()` or a lost device. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof DOMException) || error.name !== "AbortError") return error;
    if (!this.#disposed) await this.#parts.device.lost;
    return this.#closed() ?? error;
  }

  readonly #onDeviceError = ({ error }: GPUUncapturedErrorEvent): void => {
    this.#deviceError ??= new Error(`the device reports: ${error.message}`, { cause: error });
  };

  #ended(step: Promise<StepResult>): void {
    this.#inFlight--;
    if (this.#last === step) this.#last = null;
  }

  #checkAlive(): void {
    const closed = this.#closed();
    if (closed) throw closed;
  }

  /** Why nothing can run any more, or null. */
  #closed(): Error | null {
    if (this.#disposed) return new DisposedError("the WebGPU backend was used after dispose()");
    if (this.#lostReason !== null) return new DeviceLostError(`the device is lost (${this.#lostReason})`);
    return null;
  }
}
