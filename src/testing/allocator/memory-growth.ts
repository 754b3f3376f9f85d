import { AllocatorRun } from "./allocator-run.ts";
import type { MakeAllocator } from "./allocator.ts";
import { NEVER_THROWS, type Breach } from "./breach.ts";
import type { Program } from "./program.ts";

export const MEMORY_LAW = "memory stays the same over a long program";

/**
 * Runs a program again and again on one allocator, all sequences freed in between: its `bytes()` may grow until the
 * cache is full, which takes less rounds than there are blocks, and not after that.
 */
export function findGrowth(makeAllocator: MakeAllocator, program: Program): Breach | null {
  const rounds = 2 * (program.sizes.blockCount + program.sizes.hostBlockCount + 1);
  try {
    const bytes = measureRounds(new AllocatorRun(makeAllocator, program.sizes), program, rounds);
    const early = Math.max(...bytes.slice(0, rounds / 2));
    const late = Math.max(...bytes.slice(rounds / 2));
    if (late <= early) return null;
    return { law: MEMORY_LAW, detail: `bytes() is ${early} at most in the first ${rounds / 2} rounds of the program, ${late} in as many more`, commandsBefore: 0, command: null };
  } catch (error) {
    return { law: NEVER_THROWS, detail: String(error), commandsBefore: 0, command: null };
  }
}

/** `bytes()` after each round. */
function measureRounds(run: AllocatorRun, { commands }: Program, rounds: number): number[] {
  return Array.from({ length: rounds }, () => {
    for (const command of commands) run.step(command, false);
    for (const command of run.ending()) run.step(command, false);
    return run.allocator.bytes!();
  });
}
