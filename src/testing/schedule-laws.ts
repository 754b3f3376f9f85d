import { assert } from "../assert.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { DrivenRequest } from "./driven-request.ts";

/**
 * After a `schedule` before which `before` ran: no victim is older than a survivor, where the youngest are preempted,
 * and a step that preempted admits nothing.
 */
export function checkVictims(before: readonly DrivenRequest[], live: readonly DrivenRequest[], lastIn: boolean): void {
  const victims = before.filter(({ entry }) => entry.state === "preempted");
  if (victims.length === 0) return;
  const oldest = Math.min(...victims.map(({ entry }) => entry.order));
  for (const { name, entry, runs } of before) {
    assert(!lastIn || !runs || entry.order < oldest, () => `${name} went on, an older request was preempted`);
  }
  assert(
    live.every((request) => !request.runs || before.includes(request)),
    "a step that preempted admitted somebody",
  );
}

/** After a `schedule` at `now`: no deadline has passed, and the next wake-up is later. */
export function checkExpired(
  live: readonly DrivenRequest[],
  scheduler: Pick<Scheduler, "nextWakeAt">,
  now: number,
): void {
  for (const { name, entry } of live) {
    const neverRan = entry.state === "waiting" && entry.admittedBy === -1;
    assert(
      entry.deadline > now && (entry.queueDeadline > now || !neverRan),
      () =>
        `${name} is ${entry.state} at ${now}, its deadline is ${entry.deadline}, ` +
        `its queue timeout at ${entry.queueDeadline}`,
    );
  }
  const { nextWakeAt } = scheduler;
  assert(nextWakeAt > now, () => `it is ${now}, the next time to look is ${nextWakeAt}`);
}

/** After a `schedule` without a plan: nothing could be planned, and `idleReason` says why. */
export function checkIdle(
  live: readonly DrivenRequest[],
  scheduler: Pick<Scheduler, "idleReason">,
  inFlight: number,
): void {
  const expected = inFlight > 0 ? "in-flight" : live.length === 0 ? "empty" : "paused";
  assert(scheduler.idleReason === expected, () => `idle because ${scheduler.idleReason}, not ${expected}`);
  assert(
    expected !== "paused" || live.every(({ entry }) => entry.state === "paused"),
    "nothing was planned, nothing is in flight, and a request waits",
  );
}
