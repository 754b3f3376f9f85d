import type { Arrival, Workload } from "../../sim/index.ts";

/**
 * Requests under way at a time: each holds a socket, and a server that answers none of them is not measured further.
 */
export const MAX_IN_FLIGHT = 4096;

/** How a workload is driven. */
export interface DriveOptions {
  /** Requests in all. */
  readonly requests: number;
  /**
   * Sends one; settles when its answer is over. Must not reject. `lateSeconds` is how much later than planned it goes.
   */
  readonly send: (arrival: Arrival, lateSeconds: number) => Promise<void>;
  /** No further request goes once it aborts; those under way are waited for. */
  readonly signal: AbortSignal;
  /** Seconds. */
  readonly clock: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
}

/**
 * Sends a workload's requests at their times, whatever becomes of those before (an open loop); of workloads that wait
 * for answers, such as `closed-loop`, as they say. Resolves when all answers are over. Rejects with `TraceError`.
 */
export async function drive(workload: Workload, options: DriveOptions): Promise<void> {
  const { requests, send, signal, clock, sleep } = options;
  const begin = clock();
  let inFlight = 0;
  let wake = (): void => {};
  const change = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const sendNext = async (late: number): Promise<void> => {
    const arrival = workload.take();
    inFlight++;
    await send(arrival, late);
    inFlight--;
    workload.ended?.(arrival, null, clock() - begin);
    wake();
  };
  signal.addEventListener("abort", () => wake(), { once: true });
  for (let sent = 0; sent < requests && !signal.aborted;) {
    while (workload.starved) await workload.refill();
    const late = clock() - begin - workload.nextAt;
    if (late >= 0 && inFlight < MAX_IN_FLIGHT) {
      void sendNext(late);
      sent++;
    } else if (late < 0 && late > Number.NEGATIVE_INFINITY) await Promise.race([sleep(-late), change()]);
    else if (inFlight > 0) await change();
    else break;
  }
  while (inFlight > 0) await change();
}
