import type { Backend, BackendInfo } from "../backends/backend.ts";
import { DeviceLostError, DisposedError } from "../errors.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { ContextDevice, type ContextDeviceOptions, type WrittenSlots } from "./context-device.ts";

/** What becomes of a step that is under way. */
export type StepFate = "done" | "failed" | "lost";

/** What the device cannot do besides, and how it tells requests apart. */
export interface DeviceFlaws extends Pick<ContextDeviceOptions, "saltOf"> {
  /** Blocks cannot be read. */
  readonly moves?: boolean;
  /** Once lost, it cannot be disposed. */
  readonly disposal?: boolean;
}

/** A backend whose steps end when a test says so. */
export interface FailingBackend extends Backend {
  /** Steps that were accepted and have not ended. */
  readonly pendingCount: number;
  /** The first law that a plan broke, or error of its own. The engine takes it in, so a driver has to ask. */
  readonly broken: Error | null;
  /** Ends the oldest step, if there is one; lost, the device is without one, too. */
  end(fate: StepFate): void | Promise<void>;
  /** Resolves when no block is being read or written, and no disposal goes on. */
  settled?(): Promise<void>;
}

interface Pending {
  readonly written: WrittenSlots;
  readonly resolve: (result: StepResult) => void;
  readonly reject: (error: Error) => void;
  /** Its tokens, computed when it was accepted, as the columns are only then the plan's. */
  readonly samples: Int32Array;
}

/**
 * A backend over `ContextDevice` whose steps end when a test says so, and as it says. Keeps `Backend`'s contract:
 * columns are read before `execute` returns, steps end in order, and a failure fails all later steps. What failed steps
 * wrote is garbage.
 */
export class FaultyDevice implements FailingBackend {
  readonly info: BackendInfo;
  readonly lost: Promise<string>;
  readonly #device: ContextDevice;
  readonly #pending: Pending[] = [];
  readonly #flaws: DeviceFlaws;
  broken: Error | null = null;
  #tellLost!: (reason: string) => void;
  #state: "alive" | "lost" | "disposed" = "alive";

  constructor(info: BackendInfo, flaws: DeviceFlaws = {}) {
    this.info = info;
    this.#flaws = flaws;
    this.#device = new ContextDevice({ ...info, saltOf: flaws.saltOf });
    this.lost = new Promise((resolve) => (this.#tellLost = resolve));
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  execute(plan: StepPlan): Promise<StepResult> {
    if (this.#state === "lost") return Promise.reject(new DeviceLostError("the device was lost before this step"));
    if (this.#state === "disposed") return Promise.reject(new DisposedError("execute() on a device that was disposed"));
    const samples = this.#run(plan);
    const written = this.#device.writtenBy(plan);
    return new Promise((resolve, reject) => this.#pending.push({ written, resolve, reject, samples }));
  }

  #run(plan: StepPlan): Int32Array {
    try {
      return this.#device.run(plan);
    } catch (error) {
      this.broken ??= error as Error;
      throw error;
    }
  }

  end(fate: StepFate): void {
    if (fate === "done") {
      const step = this.#pending.shift();
      step?.resolve({ tokenIds: step.samples });
      return;
    }
    if (fate === "lost") {
      this.#state = "lost";
      this.#tellLost("a test took it away");
    }
    const error =
      fate === "lost" ? new DeviceLostError("the device was lost") : new Error("a test made this step fail");
    for (const { reject, written } of this.#pending.splice(0)) {
      this.#device.spoil(written);
      reject(error);
    }
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    if (this.#flaws.moves === true) throw new Error("a test made reading blocks fail");
    return new Uint8Array(blocks.length * this.info.bytesPerBlock);
  }

  /** Contents are opaque, and made up here: nothing is kept. */
  async writeBlocks(): Promise<void> {}

  async dispose(): Promise<void> {
    const wasLost = this.#state === "lost";
    this.#state = "disposed";
    for (const { reject } of this.#pending.splice(0)) reject(new DisposedError("the device was disposed"));
    if (wasLost && this.#flaws.disposal === true) throw new Error("a lost device has nothing to give back");
  }
}
