import { AllocatorRun } from "./allocator-run.ts";
import type { MakeAllocator } from "./allocator.ts";
import type { Breach } from "./breach.ts";
import type { Program } from "./program.ts";

export const MEMORY_LAW = "memory stays the same over a long program";

/**
 * Runs a program again and again on one allocator, all sequences freed in between: its `bytes()` may grow until the
 * cache is full, which takes less rounds than there are blocks, and not after that.
 */
export function findGrowth(makeAllocator: MakeAllocator, program: Program): Breach | null {
  const rounds = 2 * (program.sizes.blockCount + program.sizes.hostBlockCount + 1);
  const run = new AllocatorRun(makeAllocator, program.sizes);
  const bytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const command of program.commands) run.step(command, false);
    for (const command of run.ending()) run.step(command, false);
    bytes.push(run.allocator.bytes!());
  }
  const early = Math.max(...bytes.slice(0, rounds / 2));
  const late = Math.max(...bytes.slice(rounds / 2));
  if (late <= early) return null;
  return { law: MEMORY_LAW, detail: `${early} bytes at most in the first ${rounds / 2} rounds of the program, ${late} in as many more`, commandsBefore: 0, command: null };
}
