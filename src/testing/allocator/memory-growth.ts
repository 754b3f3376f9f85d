import { AllocatorRun } from "./allocator-run.ts";
import type { MakeAllocator } from "./allocator.ts";
import { NEVER_THROWS, type Breach } from "./breach.ts";
import type { Command, Program } from "./program.ts";

/** Tokens of two rounds differ. */
const ROUND_STRIDE = 1_000_003;
const LAST_TOKEN = 2 ** 31 - 2;

/**
 * Blocks of a program that is repeated: each round runs the program once, and there are twice as many rounds as blocks.
 */
const MAX_BLOCKS = 64;

export const MEMORY_LAW = "memory stays the same over a long program";

/**
 * Runs a program again and again on one allocator, all sequences freed in between, each time with tokens and salts that
 * it has never seen: its `bytes()` may grow until the cache is full, which takes less rounds than there are blocks, and
 * not after that. A pool of more than `MAX_BLOCKS` blocks is left out: what grows with it grows with a small one.
 */
export function findGrowth(makeAllocator: MakeAllocator, program: Program): Breach | null {
  const blocks = program.sizes.blockCount + program.sizes.hostBlockCount;
  if (blocks > MAX_BLOCKS) return null;
  const rounds = 2 * (blocks + 1);
  try {
    const bytes = measureRounds(new AllocatorRun(makeAllocator, program.sizes), program, rounds);
    const early = Math.max(...bytes.slice(0, rounds / 2));
    const late = bytes.slice(rounds / 2).toSorted((a, b) => a - b)[Math.floor(rounds / 4)];
    if (late <= early) return null;
    return {
      law: MEMORY_LAW,
      detail:
        `bytes() is ${early} at most in the first ${rounds / 2} rounds of the program, ` +
        `${late} or more in half of as many more`,
      commandsBefore: 0,
      command: null,
    };
  } catch (error) {
    return { law: NEVER_THROWS, detail: String(error), commandsBefore: 0, command: null };
  }
}

/** `bytes()` after each round. */
function measureRounds(run: AllocatorRun, { commands }: Program, rounds: number): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    for (const command of commands) run.step(renewed(command, round), false);
    for (const command of run.ending()) run.step(command, false);
    return run.allocator.bytes!();
  });
}

/** The command with other tokens and another salt, equal where they were equal: round 0 keeps its tokens. */
function renewed(command: Command, round: number): Command {
  if (!("tokens" in command) || round === 0) return command;
  const tokens = command.tokens.map((token) => (token + round * ROUND_STRIDE) % LAST_TOKEN);
  return command.kind === "append"
    ? { ...command, tokens }
    : { ...command, tokens, salt: `${command.salt ?? ""}#${round}` };
}
