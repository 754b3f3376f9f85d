import type { ProgramScale } from "../arbitraries/programs.ts";
import { loadFastCheck, type FastCheck } from "../fast-check.ts";
import { randomSeed } from "../random-seed.ts";
import type { AllocatorCapabilities, MakeAllocator } from "./allocator.ts";
import { findBreach, NEVER_THROWS, type Breach, type CheckOptions } from "./breach.ts";
import { CoverageCounter, formatCoverage, type AllocatorCoverage } from "./coverage.ts";
import { LawBrokenError } from "./law-broken-error.ts";
import { LAWS } from "./laws/index.ts";
import { findGrowth, MEMORY_LAW } from "./memory-growth.ts";
import { skipReason, type Law } from "./moment.ts";
import type { CustomCommand, Program } from "./program.ts";
import { searchBreach, type FoundBreach } from "./search.ts";

/** A law bound to an allocator. */
export interface AllocatorLaw {
  readonly name: string;
  /** Why it says nothing about this allocator; null where it does. */
  readonly skipped: string | null;
  /**
   * What its programs reached; null where the law is skipped, and for the law of memory, which runs each program many
   * times. Rejects with a `LawBrokenError` where a program breaks the law.
   */
  run(): Promise<AllocatorCoverage | null>;
}

/** Functions of a test runner: vitest, node:test, Jest and Mocha fit. */
export interface LawRunner {
  describe(name: string, body: () => void): unknown;
  it: ((name: string, run: () => Promise<void>) => unknown) & {
    skip?: (name: string, run: () => Promise<void>) => unknown;
  };
  /** For `report`. */
  afterAll?(body: () => void): unknown;
}

export interface AllocatorConformanceOptions {
  /** Registers every law under one `describe`. Default: none, the caller runs the laws. */
  readonly runner?: LawRunner;
  /** Programs a law. Default 100. */
  readonly runs?: number;
  /** The same seed makes the same programs. Default: a random one, which every failure and the suite's name show. */
  readonly seed?: number;
  /** Most commands of a program. Default 60. */
  readonly maxCommands?: number;
  /** Default 1 to 5, 7, 8 and 16. Give powers of two alone where the allocator takes no others. */
  readonly blockSizes?: readonly number[];
  /** How large programs are. Default "mixed". */
  readonly scale?: ProgramScale;
  /**
   * Is given one line at the end of the suite: what the programs of all laws reached. Needs the runner's `afterAll`.
   */
  readonly report?: (line: string) => void;
  /** Laws of your own, checked beside the others. */
  readonly laws?: readonly Law[];
  /** Commands of your own, drawn beside the others. */
  readonly commands?: readonly CustomCommand[];
}

/** What to look for: a law, how to find out whether a program breaks it. */
interface Property {
  readonly name: string;
  readonly skipped: string | null;
  breach(program: Program, coverage: CoverageCounter): Breach | null;
}

const DEFAULT_RUNS = 100;
/** Beside all other laws, memory is only looked at in short programs: they are run dozens of times. */
const MAX_REPEATED_COMMANDS = 20;
const MAX_REPEATED_BLOCKS = 12;
/** Asking an allocator what it can do takes one of some size. */
const ANY_SIZES = { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 };

/**
 * The laws that every allocator of KV blocks keeps, as named cases that need no test framework: random programs on a
 * new allocator each, a reference model and a simulated memory beside it. Programs that break a law are made as small
 * as possible. Needs the package fast-check.
 */
export function allocatorConformance(
  makeAllocator: MakeAllocator,
  given: AllocatorConformanceOptions = {},
): AllocatorLaw[] {
  const options = { ...given, seed: given.seed ?? randomSeed() };
  const { capabilities } = makeAllocator(ANY_SIZES);
  const total = new CoverageCounter();
  const laws = propertiesOf(makeAllocator, options).map((property, index) => ({
    name: property.name,
    skipped: property.skipped,
    run: async () => {
      if (property.skipped !== null) return null;
      const counts = search(await loadFastCheck(), property, { makeAllocator, capabilities, options, index });
      if (counts.programs === 0) return null;
      total.add(counts);
      return counts;
    },
  }));
  if (options.runner !== undefined) register(options.runner, laws, { ...options, total });
  return laws;
}

function register(
  runner: LawRunner,
  laws: readonly AllocatorLaw[],
  {
    seed,
    report,
    total,
  }: Pick<AllocatorConformanceOptions, "report"> & { readonly seed: number; readonly total: CoverageCounter },
): void {
  const suite = `allocator conformance (seed ${seed})`;
  runner.describe(suite, () => {
    for (const law of laws) {
      const run = async (): Promise<void> => void (await law.run());
      if (law.skipped === null) runner.it(law.name, run);
      else runner.it.skip?.(`${law.name} (${law.skipped})`, run);
    }
    if (report !== undefined) runner.afterAll?.(() => report(`${suite}: ${formatCoverage(total.counts)}`));
  });
}

function propertiesOf(
  makeAllocator: MakeAllocator,
  { laws: own = [], commands }: AllocatorConformanceOptions,
): Property[] {
  const any = makeAllocator(ANY_SIZES);
  const check = (program: Program, coverage: CoverageCounter, laws: readonly Law[]): Breach | null => {
    coverage.begin();
    return findBreach(makeAllocator, program, { laws, commands, observe: (moment) => coverage.observe(moment) });
  };
  return [
    { name: NEVER_THROWS, skipped: null, breach: (program, coverage) => check(program, coverage, []) },
    ...[...LAWS, ...own].map((law) => ({
      name: law.name,
      skipped: skipReason(law, any),
      breach: (program: Program, coverage: CoverageCounter) => only(law.name, check(program, coverage, [law])),
    })),
    {
      name: MEMORY_LAW,
      skipped: skipReason({ needs: [], needsMethod: "bytes" }, any),
      breach: (program) => only(MEMORY_LAW, findGrowth(makeAllocator, program)),
    },
  ];
}

/** An allocator that throws breaks one law, not all of them. */
function only(law: string, breach: Breach | null): Breach | null {
  return breach?.law === law ? breach : null;
}

/**
 * What the programs reached. Throws where one breaks the property. Each law has programs of its own: what several laws
 * can find is looked for more often.
 */
function search(
  fc: FastCheck,
  property: Property,
  bound: {
    makeAllocator: MakeAllocator;
    capabilities: AllocatorCapabilities;
    options: AllocatorConformanceOptions & { readonly seed: number };
    index: number;
  },
): AllocatorCoverage {
  const { makeAllocator, capabilities, options, index } = bound;
  const { runs = DEFAULT_RUNS, seed } = options;
  const coverage = new CoverageCounter();
  const found = searchBreach(fc, (program) => property.breach(program, coverage), {
    ...options,
    capabilities,
    runs,
    seed: seed + index,
  });
  if (found === null) return coverage.counts;
  throw new LawBrokenError(found.breach, {
    makeAllocator,
    program: found.program,
    found: `seed ${seed}, program ${found.runs} of ${runs}, made smaller ${found.shrinks} times`,
  });
}

/**
 * Looks for a program that breaks any law, and stops at the first: how quickly a bug is found. Null where `runs`
 * programs break none. With `shrink: false` the program is left as it was found.
 */
export async function findBrokenLaw(
  makeAllocator: MakeAllocator,
  options: AllocatorConformanceOptions & { readonly shrink?: boolean } = {},
): Promise<FoundBreach | null> {
  const { runs = DEFAULT_RUNS, seed = randomSeed(), laws = [], commands } = options;
  const any = makeAllocator(ANY_SIZES);
  const { capabilities } = any;
  const repeated = (program: Program): boolean =>
    any.bytes !== undefined &&
    program.commands.length <= MAX_REPEATED_COMMANDS &&
    program.sizes.blockCount <= MAX_REPEATED_BLOCKS;
  const breachOf = (program: Program): Breach | null =>
    findBreach(makeAllocator, program, { laws: [...LAWS, ...laws], commands }) ??
    (repeated(program) ? findGrowth(makeAllocator, program) : null);
  return searchBreach(await loadFastCheck(), breachOf, { ...options, capabilities, runs, seed });
}

/**
 * Runs one program and checks the given laws, by default all. Throws a `LawBrokenError` at the first that is broken:
 * what a failure of the suite prints can be pasted as its second argument.
 */
export function checkProgram(
  makeAllocator: MakeAllocator,
  program: Program,
  options: Partial<CheckOptions> = {},
): void {
  const breach = findBreach(makeAllocator, program, { laws: LAWS, ...options });
  if (breach !== null) throw new LawBrokenError(breach, { makeAllocator, program, found: "by this program" });
}
