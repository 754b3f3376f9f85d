import type { Request, RequestInput } from "../../src/request.ts";
import type { SchedulerOptions } from "../../src/scheduler/options.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { ContextDevice } from "../../src/testing/context-device.ts";

/** A scheduler with a device, one step at a time; a step takes one unit of time. */
export class PolicyRun {
  readonly scheduler: Scheduler;
  /** Ids in the order of their first admission. */
  readonly admitted: Request["id"][] = [];
  readonly requests: Request[] = [];
  now = 0;
  readonly #device: ContextDevice;

  constructor(options: SchedulerOptions) {
    this.scheduler = new Scheduler({ blockSize: 16, ...options });
    this.#device = new ContextDevice({ blockSize: 16, ...options });
  }

  submit(input: Omit<RequestInput, "id"> & { id?: Request["id"] }): Request {
    const request = this.scheduler.submit({ id: this.requests.length, ...input }, this.now);
    this.requests.push(request);
    return request;
  }

  /** Returns whose tokens came, one entry a token. */
  step(): Request[] {
    this.now++;
    const plan = this.scheduler.schedule(this.now);
    this.#noteAdmissions();
    if (plan === null) return [];
    const outcome = this.scheduler.commit(plan, { tokenIds: this.#device.run(plan) }, this.now);
    return outcome.requests.slice(0, outcome.tokenCount);
  }

  /** Until nobody is left; at most `steps`. */
  finish(steps = 10_000): void {
    for (let i = 0; i < steps && this.scheduler.size > 0; i++) this.step();
  }

  #noteAdmissions(): void {
    for (const { id, state } of this.requests) {
      if (state !== "waiting" && !this.admitted.includes(id)) this.admitted.push(id);
    }
  }
}

/** A prompt of `length` tokens of which the first `shared` are those of its family. */
export function promptOf(length: number, own: number, { family = 0, shared = 0 } = {}): number[] {
  return Array.from({ length }, (_, i) => (i < shared ? 1000 + family : 10_000 + own));
}
