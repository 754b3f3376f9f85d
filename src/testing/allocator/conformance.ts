import { programs } from "../arbitraries/programs.ts";
import { loadFastCheck, type FastCheck } from "../fast-check.ts";
import type { AllocatorCapabilities, MakeAllocator } from "./allocator.ts";
import { findBreach, NEVER_THROWS, type Breach, type CheckOptions } from "./breach.ts";
import { LawBrokenError } from "./law-broken-error.ts";
import { LAWS } from "./laws/index.ts";
import { findGrowth, MEMORY_LAW } from "./memory-growth.ts";
import { skipReason, type Law } from "./moment.ts";
import type { Program } from "./program.ts";

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
/** Asking an allocator what it can do takes one of some size. */
const ANY_SIZES = { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 };

/**
 * The laws that every allocator of KV blocks keeps, as named cases that need no test framework: random programs on a new
 * allocator each, a reference model and a simulated memory beside it. Programs that break a law are made as small as
 * possible. Needs the package fast-check.
 */
export function allocatorConformance(makeAllocator: MakeAllocator, options: AllocatorConformanceOptions = {}): AllocatorLaw[] {
  const { capabilities } = makeAllocator(ANY_SIZES);
  const laws = propertiesOf(makeAllocator, capabilities).map((property) => ({
    name: property.name,
    skipped: property.skipped,
    run: async () => {
      if (property.skipped === null) search(await loadFastCheck(), { makeAllocator, capabilities, property, options });
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

function propertiesOf(makeAllocator: MakeAllocator, capabilities: AllocatorCapabilities): Property[] {
  const check = (program: Program, laws: readonly Law[]): Breach | null => findBreach(makeAllocator, program, { laws });
  return [
    { name: NEVER_THROWS, skipped: null, breach: (program) => check(program, []) },
    ...LAWS.map((law) => ({
      name: law.name,
      skipped: skipReason(law, capabilities),
      breach: (program: Program) => only(law.name, check(program, [law])),
    })),
    { name: MEMORY_LAW, skipped: makeAllocator(ANY_SIZES).bytes === undefined ? "the allocator has no bytes()" : null, breach: (program) => only(MEMORY_LAW, findGrowth(makeAllocator, program)) },
  ];
}

/** An allocator that throws breaks one law, not all of them. */
function only(law: string, breach: Breach | null): Breach | null {
  return breach?.law === law ? breach : null;
}

interface Search {
  readonly makeAllocator: MakeAllocator;
  readonly capabilities: AllocatorCapabilities;
  readonly property: Property;
  readonly options: AllocatorConformanceOptions;
}

/** Throws where a program breaks the property. */
function search(fc: FastCheck, { makeAllocator, capabilities, property, options }: Search): void {
  const { runs = DEFAULT_RUNS, seed = 1, maxCommands, blockSizes } = options;
  const arbitrary = programs(fc, { capabilities, maxCommands, blockSizes });
  const result = fc.check(fc.property(arbitrary, (program) => property.breach(program) === null), { numRuns: runs, seed });
  const program = result.counterexample?.[0];
  if (program === undefined) return;
  const breach = property.breach(program);
  throw new LawBrokenError(breach ?? unstable(property.name), { makeAllocator, program, found: `seed ${seed}, program ${result.numRuns} of ${runs}, made smaller ${result.numShrinks} times` });
}

function unstable(law: string): Breach {
  return { law, detail: "the program broke the law once and not again: the allocator does not always do the same", commandsBefore: 0, command: null };
}

/**
 * Runs one program and checks all laws, or those given. Throws a `LawBrokenError` at the first that is broken: what a
 * failure of the suite prints can be pasted as its second argument.
 */
export function checkProgram(makeAllocator: MakeAllocator, program: Program, options: Partial<CheckOptions> = {}): void {
  const breach = findBreach(makeAllocator, program, { laws: LAWS, ...options });
  if (breach !== null) throw new LawBrokenError(breach, { makeAllocator, program, found: "by this program" });
}
