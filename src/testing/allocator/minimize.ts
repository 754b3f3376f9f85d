import type { Command, Program } from "./program.ts";

/** Programs tried: each takes about a millisecond, and after a thousand without gain there is hardly any left. */
const MAX_TRIES = 1000;

/**
 * Makes a program smaller where several parts have to shrink together, which shrinking part by part cannot do: fewer
 * blocks and shorter prompts, smaller blocks and fewer tokens. Whatever comes out still `isBroken`.
 */
export function minimize(program: Program, isBroken: (program: Program) => boolean): Program {
  let best = program;
  let tries = 0;
  for (
    let candidates = smaller(best), next = candidates.next();
    next.done !== true && tries < MAX_TRIES;
    next = candidates.next()
  ) {
    tries++;
    if (!isBroken(next.value)) continue;
    best = next.value;
    candidates = smaller(best);
  }
  return best;
}

/** Programs that are a step smaller, the biggest steps first. */
function* smaller({ sizes, commands }: Program): Generator<Program> {
  for (let index = 0; index < commands.length; index++) yield { sizes, commands: commands.toSpliced(index, 1) };
  if (sizes.blockSize > 1) {
    yield {
      sizes: { ...sizes, blockSize: 1 },
      commands: commands.map((command) => shortened(command, (length) => Math.ceil(length / sizes.blockSize))),
    };
  }
  if (sizes.blockCount > 1) yield* withFewerBlocks({ sizes, commands });
  for (const [index, command] of commands.entries()) {
    const shorter = shortened(command, (length) => length - 1);
    if (shorter !== command) yield { sizes, commands: commands.with(index, shorter) };
  }
}

function* withFewerBlocks({ sizes, commands }: Program): Generator<Program> {
  const fewer = { ...sizes, blockCount: sizes.blockCount - 1 };
  yield { sizes: fewer, commands };
  for (const [index, command] of commands.entries()) {
    const shorter = shortened(command, (length) => length - sizes.blockSize);
    if (shorter !== command) yield { sizes: fewer, commands: commands.with(index, shorter) };
  }
  yield { sizes: fewer, commands: commands.map((command) => shortened(command, (length) => length - sizes.blockSize)) };
}

/** The command with fewer tokens, the last ones gone; itself where none would be left. */
function shortened(command: Command, to: (length: number) => number): Command {
  if (!("tokens" in command)) return command;
  const length = to(command.tokens.length);
  return length < 1 || length === command.tokens.length
    ? command
    : { ...command, tokens: command.tokens.slice(0, length) };
}
