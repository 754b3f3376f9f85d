import { AssertionError } from "../assert.ts";
import type { Backend } from "../backends/backend.ts";
import { DeviceLostError } from "../errors.ts";
import type { StepPlan, StepResult } from "../step.ts";
import { assertLike } from "./options.ts";

/**
 * Devices lost one after the other without a token produced, after which requests end with the error: what kills every
 * device is not the device.
 */
export const MAX_LOSSES = 8;

/**
 * The backend that steps run on, and another one in its place once its device is lost.
 *
 * Laws: a backend is disposed once, by its last owner. A failing `dispose` of a lost backend is ignored: there is
 * nothing left to free.
 */
export class Device {
  backend: Backend;
  /** Why the backend can do no more; null while it can. */
  loss: DeviceLostError | null = null;
  /** The loss is known and no attempt was made yet to replace the backend. */
  lossIsNews = false;
  readonly #recover: (() => Promise<Backend>) | undefined;
  readonly #onLost: () => void;
  #lossCount = 0;
  #disposal: Promise<void> | null = null;

  constructor(options: { backend: Backend; recover: (() => Promise<Backend>) | undefined; onLost: () => void }) {
    this.backend = options.backend;
    this.#recover = options.recover;
    this.#onLost = options.onLost;
    this.#watch(options.backend);
  }

  /** The device is gone, by what a step or the backend itself says. */
  lose(loss: DeviceLostError): void {
    if (this.loss !== null) return;
    this.loss = loss;
    this.lossIsNews = true;
  }

  /**
   * A backend that throws instead of rejecting fails the step, too, unless the error is a bug. A backend that returns
   * no promise has finished.
   */
  execute(plan: StepPlan): Promise<StepResult> {
    try {
      return Promise.resolve(this.backend.execute(plan));
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      return Promise.reject(error);
    }
  }

  /** A token came out of it: it is a device that works. */
  worked(): void {
    this.#lossCount = 0;
  }

  /**
   * Gives the lost backend back and asks for another. Null where there is one; else the error that requests end with,
   * and the next call tries again.
   */
  async replace(): Promise<DeviceLostError | null> {
    const loss = this.loss!;
    this.lossIsNews = false;
    await this.dispose();
    if (this.#recover === undefined) return loss;
    if (++this.#lossCount > MAX_LOSSES) {
      this.#lossCount = 0;
      return new DeviceLostError(
        `${loss.message}; the ${MAX_LOSSES} devices before it were lost, too, without a token produced`,
        { cause: loss },
      );
    }
    try {
      this.#take(await this.#another(this.#recover));
      return null;
    } catch (cause) {
      return new DeviceLostError(`${loss.message}; no other device could be made: ${String(cause)}`, { cause });
    }
  }

  /** Gives the backend back; rejects with what the backend's own `dispose` does, unless the device was lost. */
  async dispose(): Promise<void> {
    this.#disposal ??= disposalOf(this.backend);
    if (this.loss === null) await this.#disposal;
    else await this.#disposal.catch(() => {});
  }

  async #another(recover: () => Promise<Backend>): Promise<Backend> {
    const backend = await recover();
    try {
      assertLike(backend, this.backend);
    } catch (error) {
      // No other code holds it.
      if (backend !== this.backend) await disposalOf(backend).catch(() => {});
      throw error;
    }
    return backend;
  }

  #take(backend: Backend): void {
    this.backend = backend;
    this.loss = null;
    this.#disposal = null;
    this.#watch(backend);
  }

  #watch(backend: Backend): void {
    const tell = (reason: string): void => {
      if (backend !== this.backend || this.#disposal !== null) return;
      this.lose(new DeviceLostError(reason));
      this.#onLost();
    };
    backend.lost.then(tell, (error: unknown) => tell(String(error)));
  }
}

/** A backend that throws instead of rejecting is no different. */
async function disposalOf(backend: Backend): Promise<void> {
  await backend.dispose();
}
