/** Threads meet: a barrier that spins in bounds and then sleeps, and a counter that hands out units of work. */
import { Scratch, Sync } from "./layout";

/** Loads before a thread sleeps, about 36 µs: most regions end within them. */
const SPINS: i32 = 2000;

/** Waits for all `parties`. The last to arrive resets the counter of units, so that a new region starts at 0. */
export function barrier(sync: Sync, parties: i32): void {
  const base = changetype<usize>(sync);
  const generationAt = base + offsetof<Sync>("generation");
  const generation = atomic.load<i32>(generationAt);
  if (atomic.add<i32>(base + offsetof<Sync>("arrived"), 1) + 1 == parties) {
    atomic.store<i32>(base + offsetof<Sync>("arrived"), 0);
    atomic.store<i32>(base + offsetof<Sync>("next"), 0);
    atomic.add<i32>(generationAt, 1);
    if (atomic.load<i32>(base + offsetof<Sync>("sleepers")) > 0) atomic.notify(generationAt, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(generationAt) != generation) return;
  const sleepersAt = base + offsetof<Sync>("sleepers");
  atomic.add<i32>(sleepersAt, 1);
  while (atomic.load<i32>(generationAt) == generation) atomic.wait<i32>(generationAt, generation, -1);
  atomic.sub<i32>(sleepersAt, 1);
}

/** The next unit of the region that this thread may work on. */
// @ts-ignore: decorator
@inline
export function nextUnit(sync: Sync): i32 {
  return atomic.add<i32>(changetype<usize>(sync) + offsetof<Sync>("next"), 1);
}

/** Ends a step: the last thread to arrive tells the host, then all go on. */
export function finish(sync: Sync, parties: i32, serial: i32): void {
  barrier(sync, parties);
  const doneAt = changetype<usize>(sync) + offsetof<Sync>("done");
  if (atomic.cmpxchg<i32>(doneAt, serial, serial + 1) == serial) atomic.notify(doneAt, -1);
}

/** Waits for the steps before `serial`, which other threads may still compute. */
export function waitForTurn(sync: Sync, serial: i32): void {
  const doneAt = changetype<usize>(sync) + offsetof<Sync>("done");
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(doneAt) == serial) return;
  for (let done = atomic.load<i32>(doneAt); serial - done > 0; done = atomic.load<i32>(doneAt)) {
    atomic.wait<i32>(doneAt, done, -1);
  }
}

/** Waits for a job beyond `seen`; false when the pool stops. */
export function waitForJob(sync: Sync, scratch: Scratch, seen: i32): bool {
  const postedAt = changetype<usize>(scratch) + offsetof<Scratch>("posted");
  const stopAt = changetype<usize>(sync) + offsetof<Sync>("stop");
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(postedAt) != seen) break;
  while (atomic.load<i32>(postedAt) == seen) {
    if (atomic.load<i32>(stopAt) != 0) return false;
    atomic.wait<i32>(postedAt, seen, -1);
  }
  return atomic.load<i32>(stopAt) == 0;
}
