import type { Allocator, AllocatorSizes } from "./allocator.ts";

/** A command of your own: drawn beside the others, and run where no step is on its way. */
export interface CustomCommand {
  readonly name: string;
  /** How often it is drawn; allocate has 5, free 3. Default 1. */
  readonly weight?: number;
  /** `value`: a drawn integer in [0, 65536), the same when the program is run again. */
  run(allocator: Allocator, value: number): void;
}

/**
 * One thing that happens to an allocator, as plain data. A command that makes no sense where it stands (appending to a
 * sequence that is not there) is passed over, so any part of a program is a program.
 */
export type Command =
  | {
      readonly kind: "allocate";
      readonly sequence: number;
      readonly tokens: readonly number[];
      readonly salt?: string;
      readonly adapterId?: number;
    }
  | { readonly kind: "append"; readonly sequence: number; readonly tokens: readonly number[] }
  | { readonly kind: "free"; readonly sequence: number }
  | { readonly kind: "fork"; readonly sequence: number; readonly child: number }
  | { readonly kind: "lookup"; readonly tokens: readonly number[]; readonly salt?: string; readonly adapterId?: number }
  | { readonly kind: "swapOut"; readonly sequence: number }
  | { readonly kind: "swapIn"; readonly sequence: number }
  /**
   * Ends the step under construction. So does whatever cannot be part of one: everything but allocate, append, swapIn
   * and lookup.
   */
  | { readonly kind: "issue" }
  /** The oldest step on its way is done; with none on its way, the one under construction is issued first. */
  | { readonly kind: "commit" }
  /** The newest step fails. */
  | { readonly kind: "rollback" }
  /** What is cached is forgotten; sequences keep their blocks. */
  | { readonly kind: "reset" }
  /** One of the commands that the suite was given. */
  | { readonly kind: "custom"; readonly name: string; readonly value: number };

export interface Program {
  readonly sizes: AllocatorSizes;
  readonly commands: readonly Command[];
}

/** The program as TypeScript, to paste into a test. */
export function formatProgram({ sizes, commands }: Program): string {
  const lines = commands.map((command) => `    ${formatValue(command)},`);
  return [`{`, `  sizes: ${formatValue(sizes)},`, `  commands: [`, ...lines, `  ],`, `}`].join("\n");
}

/** `{ kind: "free", sequence: 0 }`: on one line, keys without quotes. */
export function formatValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([key, field]) => `${key}: ${formatValue(field)}`).join(", ")} }`;
}
