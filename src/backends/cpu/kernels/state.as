/** What the thread works on. Globals belong to an instance of the module, and each thread has one. */
import { Model, Scratch, Step, Sync } from "./layout";
import { barrier, nextUnit } from "./sync";
import { Tile } from "./tile";

export let model: Model = changetype<Model>(0);
export let scratch: Scratch = changetype<Scratch>(0);
export let sync: Sync = changetype<Sync>(0);
export let step: Step = changetype<Step>(0);
export let tile: Tile = changetype<Tile>(0);

export function setThread(m: Model, s: Scratch): void {
  model = m;
  scratch = s;
  sync = changetype<Sync>(m.sync);
  tile = changetype<Tile>(s.tile);
}

export function setStep(s: Step): void {
  step = s;
}

/** All threads of the step have come this far, and see what the others wrote. */
// @ts-ignore: decorator
@inline
export function meet(): void {
  barrier(sync, step.threads);
}

/** The next unit of work of this region; units are handed out once each. */
// @ts-ignore: decorator
@inline
export function take(): i32 {
  return nextUnit(sync);
}

/**
 * Groups of a matrix that make a unit: 8 units a thread share a disturbed core's work, and one is at least 16 KB of
 * weights.
 */
export function groupsPerUnit(groups: i32, groupBytes: i32): i32 {
  const fair = groups / (8 * step.threads);
  const least = 16384 / groupBytes;
  return max(1, min(MAX_UNIT_GROUPS, max(fair, least)));
}

/** 16 groups are 128 outputs: products of a tile of 64 rows fit into 32 KB. */
export const MAX_UNIT_GROUPS: i32 = 16;
