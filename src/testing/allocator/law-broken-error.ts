import type { MakeAllocator } from "./allocator.ts";
import { describeState, type Breach } from "./breach.ts";
import { formatProgram, formatValue, type Program } from "./program.ts";

/** A program broke a law of allocators: says which, by what command, from what state, and how to see it again. */
export class LawBrokenError extends Error {
  override readonly name = "LawBrokenError";
  readonly law: string;
  readonly program: Program;

  constructor(
    breach: Breach,
    { makeAllocator, program, found }: { makeAllocator: MakeAllocator; program: Program; found: string },
  ) {
    const command = breach.command === null ? "the program as a whole" : formatValue(breach.command);
    super(
      [
        `broken: ${breach.law}`,
        `  ${breach.detail}`,
        `  by: ${command}`,
        `  found: ${found}`,
        "",
        "before it:",
        indented(stateBefore(makeAllocator, program, breach.commandsBefore)),
        "",
        "to see it again:",
        indented(`checkProgram(makeAllocator, ${formatProgram(program)});`),
      ].join("\n"),
    );
    this.law = breach.law;
    this.program = program;
  }
}

/** An allocator that is broken enough to throw may not even be described. */
function stateBefore(makeAllocator: MakeAllocator, program: Program, commandsBefore: number): string {
  try {
    return describeState(makeAllocator, program, commandsBefore);
  } catch (error) {
    return `it cannot be asked: ${String(error)}`;
  }
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
