import { assert } from "../../assert.ts";
import { MAX_PLANS_IN_FLIGHT } from "../../config.ts";
import { DisposedError, InvalidRequestError } from "../../errors.ts";
import type { StepPlan, StepResult } from "../../step.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { SimulatedDevice, type SimulatedDeviceOptions } from "./simulated-device.ts";

export interface SimulatedBackendOptions extends SimulatedDeviceOptions {
  /**
   * Waits that long, in whatever time the caller keeps: real, scaled, or virtual. Default: resolves in a later turn of
   * the event loop.
   */
  readonly sleep?: (seconds: number) => Promise<void>;
}

/**
 * A GPU's timing as a backend: an `Engine` runs on it without a device or a model. Ids are made up (`SyntheticTokens`),
 * blocks hold a byte each. Steps run one after the other: a step's time begins when the one before it is done. Throws
 * `InvalidOptionError`.
 */
export function createSimulatedBackend(options: SimulatedBackendOptions): Backend {
  return new SimulatedBackend(new SimulatedDevice(options), options.sleep ?? (() => laterTurn()));
}

/** What becomes of an accepted step. Steps accepted behind a failed one share its failure. */
type Outcome = { readonly result: StepResult; readonly seconds: number } | { readonly error: unknown };

class SimulatedBackend implements Backend {
  readonly lost: Promise<string> = new Promise(() => {}); // nothing is there that could be lost
  readonly #device: SimulatedDevice;
  readonly #sleep: (seconds: number) => Promise<void>;
  /** [blockCount + 1] the byte that stands for each block. */
  readonly #blocks: Uint8Array;
  #last: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  /** Set from a failed step until its promise is rejected. */
  #failure: Outcome | null = null;
  #disposed = false;

  constructor(device: SimulatedDevice, sleep: (seconds: number) => Promise<void>) {
    this.#device = device;
    this.#sleep = sleep;
    this.#blocks = new Uint8Array(device.info.blockCount + 1);
  }

  get info(): BackendInfo {
    return this.#device.info;
  }

  async execute(plan: StepPlan): Promise<StepResult> {
    this.#assertAlive();
    assert(this.#inFlight < MAX_PLANS_IN_FLIGHT, () => `${MAX_PLANS_IN_FLIGHT} steps are in flight already`);
    const outcome = this.#failure ?? this.#attempt(plan);
    const done = this.#last.then(() => this.#sleep("seconds" in outcome ? outcome.seconds : 0));
    this.#last = done.catch(() => {}); // a sleep that failed is this step's failure alone
    this.#inFlight++;
    try {
      await done;
    } finally {
      this.#inFlight--;
      if (this.#failure === outcome) this.#failure = null;
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    this.#assertAlive();
    return Uint8Array.from(blocks, (block) => this.#blocks[block]);
  }

  async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    this.#assertAlive();
    assert(data.length === blocks.length, () => `${blocks.length} blocks take as many bytes, got ${data.length}`);
    for (let i = 0; i < blocks.length; i++) this.#blocks[blocks[i]] = data[i];
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #attempt(plan: StepPlan): Outcome {
    try {
      assertNoAdapters(plan);
      return { seconds: this.#device.stepSeconds(plan), result: this.#device.sample(plan) };
    } catch (error) {
      this.#failure = { error };
      return this.#failure;
    }
  }

  #assertAlive(): void {
    if (this.#disposed) throw new DisposedError("the simulated backend was used after dispose()");
  }
}

/** What an adapter costs is not in the roofline. */
function assertNoAdapters({ adapterIds, requestCount }: StepPlan): void {
  for (let request = 0; request < requestCount; request++) {
    if (adapterIds[request] !== 0) {
      throw new InvalidRequestError(
        `adapterId must be 0 (the simulated backend has no adapters), got ${adapterIds[request]}`,
      );
    }
  }
}

/** A promise resolved at once would keep timers and sockets waiting for as long as a loop of steps runs. */
function laterTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
