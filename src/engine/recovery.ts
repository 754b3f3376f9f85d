import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Device } from "./device.ts";
import type { Sessions } from "./sessions.ts";
import type { SwapCost } from "./swap-cost.ts";

/** The device's memory is gone, and the host tier, which is the backend's, with it. */
export function forgetDevice(scheduler: Scheduler, now: number): void {
  scheduler.invalidateDevice(now);
  scheduler.invalidateHostTier();
}

/** Asks for another device in the place of the lost one; where there is none, all requests end with the error. */
export async function replaceDevice(parts: {
  scheduler: Scheduler;
  device: Device;
  sessions: Sessions;
  swapCost: SwapCost;
  clock: () => number;
}): Promise<void> {
  const { scheduler, device, sessions, swapCost, clock } = parts;
  const error = await device.replace();
  if (error !== null) for (const id of sessions.ids) scheduler.fail(id, error, clock());
  else await swapCost.measure(device.backend, clock);
}
