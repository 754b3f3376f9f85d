import { assert } from "../../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import { DisposedError, InvalidOptionError } from "../../errors.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { SimulatedDevice, type SimulatedDeviceOptions } from "./simulated-device.ts";

export interface SimulatedBackendOptions extends SimulatedDeviceOptions {
  /** Waits that long, in whatever time the caller keeps: real, scaled, or virtual. Default: resolves in a later turn of the event loop. */
  readonly sleep?: (seconds: number) => Promise<void>;
}

/**
 * A GPU's timing as a backend: an `Engine` runs on it without a device or a model. Ids are made up (`SyntheticTokens`), blocks hold no
 * bytes. Steps run one after the other: a step's time begins when the one before it is done. Throws `InvalidOptionError`.
 */
export function createSimulatedBackend(options: SimulatedBackendOptions): Backend {
  return new SimulatedBackend(new SimulatedDevice(options), options.sleep ?? (() => laterTurn()));
}

class SimulatedBackend implements Backend {
  readonly lost: Promise<string> = new Promise(() => {}); // nothing is there that could be lost
  readonly #device: SimulatedDevice;
  readonly #sleep: (seconds: number) => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  #disposed = false;

  constructor(device: SimulatedDevice, sleep: (seconds: number) => Promise<void>) {
    this.#device = device;
    this.#sleep = sleep;
  }

  get info(): BackendInfo {
    return this.#device.info;
  }

  async execute(plan: StepPlan): Promise<StepResult> {
    this.#assertAlive();
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, () => `${MAX_PLANS_IN_FLIGHT} steps are in flight already`);
    const seconds = this.#device.stepSeconds(plan);
    const result = this.#device.sample(plan);
    const done = this.#last.then(() => this.#sleep(seconds));
    this.#last = done.catch(() => {}); // a sleep that failed is this step's failure alone
    this.#inFlight++;
    try {
      await done;
    } finally {
      this.#inFlight--;
    }
    return result;
  }

  async readBlocks(): Promise<Uint8Array> {
    this.#assertAlive();
    return new Uint8Array(0);
  }

  async writeBlocks(_blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    this.#assertAlive();
    if (data.length > 0) throw new InvalidOptionError(`blocks of the simulated backend hold no bytes, got ${data.length}`);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #assertAlive(): void {
    if (this.#disposed) throw new DisposedError("the simulated backend was used after dispose()");
  }
}

/** A promise resolved at once would keep timers and sockets waiting for as long as a loop of steps runs. */
function laterTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
