import { loadFastCheck, type FastCheck } from "../fast-check.ts";
import type { AllocatorCapabilities, MakeAllocator } from "./allocator.ts";
import { findBreach, NEVER_THROWS, type Breach, type CheckOptions } from "./breach.ts";
import { LawBrokenError } from "./law-broken-error.ts";
import { LAWS } from "./laws/index.ts";
import { findGrowth, MEMORY_LAW } from "./memory-growth.ts";
import { skipReason, type Law } from "./moment.ts";
import type { Program } from "./program.ts";
import { searchBreach, type FoundBreach } from "./search.ts";

/** A law bound to an allocator. */
export interface AllocatorLaw {
  readonly name: string;
  /** Why it says nothing about this allocator; null where it does. */
  readonly skipped: string | null;
  /** Rejects with a `LawBrokenError` where a program breaks the law. Does nothing where it is skipped. */
  run(): Promise<void>;
}

/** Functions of a test runner; those of vitest, node:test, Jest and Mocha will do. */
export interface LawRunner {
  describe(name: string, body: () => void): unknown;
  it: ((name: string, run: () => Promise<void>) => unknown) & { skip?: (name: string, run: () => Promise<void>) => unknown };
}

export interface AllocatorConformanceOptions {
  /** Registers every law under one `describe`. Default: none, the caller runs the laws. */
  readonly runner?: LawRunner;
  /** Programs a law. Default 100. */
  readonly runs?: number;
  /** The same seed makes the same programs. Default 1; another finds other things. */
  readonly seed?: number;
  /** Most commands of a program. Default 60. */
  readonly maxCommands?: number;
  /** Default 1, 2 and 4. */
  readonly blockSizes?: readonly number[];
}

/** What to look for: a law, how to find out whether a program breaks it. */
interface Property {
  readonly name: string;
  readonly skipped: string | null;
  breach(program: Program): Breach | null;
}

const DEFAULT_RUNS = 100;
const DEFAULT_SEED = 1;
/** Beside all other laws, memory is only looked at in short programs: they are run dozens of times. */
const MAX_REPEATED_COMMANDS = 20;
/** Asking an allocator what it can do takes one of some size. */
const ANY_SIZES = { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 };

/**
 * The laws that every allocator of KV blocks keeps, as named cases that need no test framework: random programs on a new
 * allocator each, a reference model and a simulated memory beside it. Programs that break a law are made as small as
 * possible. Needs the package fast-check.
 */
export function allocatorConformance(makeAllocator: MakeAllocator, options: AllocatorConformanceOptions = {}): AllocatorLaw[] {
  const { capabilities } = makeAllocator(ANY_SIZES);
  const laws = propertiesOf(makeAllocator).map((property) => ({
    name: property.name,
    skipped: property.skipped,
    run: async () => {
      if (property.skipped === null) search(await loadFastCheck(), property, { makeAllocator, capabilities, options });
    },
  }));
  if (options.runner !== undefined) register(options.runner, laws);
  return laws;
}

function register(runner: LawRunner, laws: readonly AllocatorLaw[]): void {
  runner.describe("allocator conformance", () => {
    for (const law of laws) {
      if (law.skipped === null) runner.it(law.name, () => law.run());
      else runner.it.skip?.(`${law.name} (${law.skipped})`, () => law.run());
    }
  });
}

function propertiesOf(makeAllocator: MakeAllocator): Property[] {
  const any = makeAllocator(ANY_SIZES);
  const check = (program: Program, laws: readonly Law[]): Breach | null => findBreach(makeAllocator, program, { laws });
  return [
    { name: NEVER_THROWS, skipped: null, breach: (program) => check(program, []) },
    ...LAWS.map((law) => ({
      name: law.name,
      skipped: skipReason(law, any),
      breach: (program: Program) => only(law.name, check(program, [law])),
    })),
    { name: MEMORY_LAW, skipped: skipReason({ needs: [], needsMethod: "bytes" }, any), breach: (program) => only(MEMORY_LAW, findGrowth(makeAllocator, program)) },
  ];
}

/** An allocator that throws breaks one law, not all of them. */
function only(law: string, breach: Breach | null): Breach | null {
  return breach?.law === law ? breach : null;
}

/** Throws where a program breaks the property. */
function search(fc: FastCheck, property: Property, bound: { makeAllocator: MakeAllocator; capabilities: AllocatorCapabilities; options: AllocatorConformanceOptions }): void {
  const { makeAllocator, capabilities, options } = bound;
  const { runs = DEFAULT_RUNS, seed = DEFAULT_SEED } = options;
  const found = searchBreach(fc, (program) => property.breach(program), { ...options, capabilities, runs, seed });
  if (found === null) return;
  throw new LawBrokenError(found.breach, { makeAllocator, program: found.program, found: `seed ${seed}, program ${found.runs} of ${runs}, made smaller ${found.shrinks} times` });
}

/**
 * Looks for a program that breaks any law, and stops at the first: how quickly a bug is found. Null where `runs` programs
 * break none. With `shrink: false` the program is left as it was found.
 */
export async function findBrokenLaw(makeAllocator: MakeAllocator, options: AllocatorConformanceOptions & { readonly shrink?: boolean } = {}): Promise<FoundBreach | null> {
  const { runs = DEFAULT_RUNS, seed = DEFAULT_SEED } = options;
  const any = makeAllocator(ANY_SIZES);
  const { capabilities } = any;
  const repeated = (program: Program): boolean => any.bytes !== undefined && program.commands.length <= MAX_REPEATED_COMMANDS;
  const breachOf = (program: Program): Breach | null => findBreach(makeAllocator, program, { laws: LAWS }) ?? (repeated(program) ? findGrowth(makeAllocator, program) : null);
  return searchBreach(await loadFastCheck(), breachOf, { ...options, capabilities, runs, seed });
}

/**
 * Runs one program and checks all laws, or those given. Throws a `LawBrokenError` at the first that is broken: what a
 * failure of the suite prints can be pasted as its second argument.
 */
export function checkProgram(makeAllocator: MakeAllocator, program: Program, options: Partial<CheckOptions> = {}): void {
  const breach = findBreach(makeAllocator, program, { laws: LAWS, ...options });
  if (breach !== null) throw new LawBrokenError(breach, { makeAllocator, program, found: "by this program" });
}
