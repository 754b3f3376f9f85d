import type { AllocatorCapabilities, AllocatorSizes } from "../allocator/allocator.ts";
import type { Command, CustomCommand, Program } from "../allocator/program.ts";
import type { Arbitrary, FastCheck } from "../fast-check.ts";
import { DRAWS, type Draft, ProgramWriter, type Setting } from "./program-writer.ts";
import { ALPHABETS, DOMAIN_SETS, JOINED } from "./tricky.ts";

/** How large programs are. */
export type ProgramScale = "small" | "large" | "mixed";

export interface ProgramOptions {
  /** What the allocator can do: commands of other kinds are left out. */
  readonly capabilities: AllocatorCapabilities;
  /** Default 60. A crowd of sequences comes on top of it. */
  readonly maxCommands?: number;
  /** Default 0. */
  readonly minCommands?: number;
  /** Default 1 to 5, 7, 8 and 16. Give powers of two alone where the allocator takes no others. */
  readonly blockSizes?: readonly number[];
  /** Most blocks of the pool of a small program; few blocks make shortage likely. Default 12. */
  readonly maxBlocks?: number;
  /**
   * "small": few blocks, few sequences. "large": hundreds of blocks, and crowds of 300 sequences that begin alike.
   * Default "mixed": small, and one in 40 large; "small" where `maxBlocks` is given.
   */
  readonly scale?: ProgramScale;
  /** Commands of your own, which are drawn beside the others. */
  readonly commands?: readonly CustomCommand[];
}

interface Shape {
  readonly maxBlocks: number;
  readonly minBlocks: number;
  readonly maxTokens: number;
  /** Sequences at a time: more than the pool can hold. */
  readonly sequences: number;
  /** Sequences that begin alike, before all else. */
  readonly crowd: number;
}

const BLOCK_SIZES = [1, 2, 3, 4, 5, 7, 8, 16];
const WIDE: Shape = { minBlocks: 33, maxBlocks: 200, maxTokens: 150, sequences: 12, crowd: 0 };
/** More than 8 bits can count. */
const CROWD: Shape = { minBlocks: 320, maxBlocks: 400, maxTokens: 40, sequences: 310, crowd: 300 };
const MAX_WINDOW = 9;
/** Kinds of layers: full and sliding, or two windows. */
const MAX_GROUPS = 2;
const MAX_HOST_BLOCKS = 8;
const TEXT_LETTERS = 24;
const MAX_TAIL = 3;
/** A kind of command may be left out, or be frequent, throughout a program. */
const SWARM = [0, 1, 1, 1, 4];

/** Programs for an allocator, of few tokens and few blocks, so that sequences begin alike and blocks run out. */
export function programs(fc: FastCheck, options: ProgramOptions): Arbitrary<Program> {
  const { maxBlocks = 12, minCommands = 0, maxCommands = 60 } = options;
  const { scale = options.maxBlocks === undefined ? "mixed" : "small" } = options;
  const small: Shape = { minBlocks: 1, maxBlocks, maxTokens: 40, sequences: 5, crowd: 0 };
  const drafts = fc.array(draftOf(fc), { minLength: minCommands, maxLength: maxCommands, size: "max" });
  const ofShape = (shape: Shape): Arbitrary<Program> =>
    fc.tuple(settingOf(fc, options, shape), drafts).map(([setting, list]) => writeProgram(setting, list, shape));
  const all = {
    small: [{ weight: 1, arbitrary: ofShape(small) }],
    large: [
      { weight: 2, arbitrary: ofShape(WIDE) },
      { weight: 1, arbitrary: ofShape(CROWD) },
    ],
  };
  return fc.oneof(...(scale === "mixed" ? [{ weight: 117, arbitrary: ofShape(small) }, ...all.large] : all[scale]));
}

function writeProgram(setting: Setting, drafts: readonly Draft[], { crowd }: Shape): Program {
  const writer = new ProgramWriter(setting);
  const commands = drafts.map((draft) => writer.write(draft));
  return { sizes: setting.sizes, commands: crowd === 0 ? commands : [...crowdOf(crowd, setting), ...commands] };
}

/** Sequences with the same two blocks before their last token, or forks of one. */
function crowdOf(count: number, { sizes, alphabet, weights }: Setting): Command[] {
  const tokens = Array.from(
    { length: Math.min(sizes.maxTokens, 2 * sizes.blockSize + 1) },
    (_, i) => alphabet[i % alphabet.length],
  );
  const forks = weights.some(([kind, weight]) => kind === "fork" && weight > 1);
  return Array.from({ length: count }, (_, i): Command =>
    forks && i > 0 ? { kind: "fork", sequence: 0, child: i } : { kind: "allocate", sequence: i, tokens },
  );
}

function draftOf(fc: FastCheck): Arbitrary<Draft> {
  const draw = fc.noBias(fc.nat(DRAWS - 1));
  return fc.record({ kind: draw, pick: draw, size: draw, tail: fc.array(fc.nat(2), { maxLength: MAX_TAIL }) });
}

function settingOf(fc: FastCheck, options: ProgramOptions, shape: Shape): Arbitrary<Setting> {
  const kinds = kindsOf(options);
  const text = fc.array(fc.nat(2), { minLength: TEXT_LETTERS, maxLength: TEXT_LETTERS });
  const names = fc.oneof(
    {
      weight: 14,
      arbitrary: fc.record({ alphabet: fc.constantFrom(...ALPHABETS), domains: fc.constantFrom(...DOMAIN_SETS) }),
    },
    { weight: 2, arbitrary: fc.constantFrom(...JOINED) },
  );
  const rest = fc.record({
    sizes: sizesOf(fc, options, shape),
    texts: fc.tuple(text, text),
    weights: fc.tuple(
      ...kinds.map(([kind, weight]) =>
        fc
          .constantFrom(...SWARM)
          .map((factor): [string, number] => [kind, kind === "allocate" ? weight : weight * factor]),
      ),
    ),
    sequences: fc.constant(shape.sequences),
  });
  return fc.tuple(names, rest).map(([named, setting]) => ({ ...named, ...setting }));
}

function sizesOf(
  fc: FastCheck,
  { capabilities, blockSizes = BLOCK_SIZES }: ProgramOptions,
  shape: Shape,
): Arbitrary<AllocatorSizes> {
  const whole = fc.constant(null);
  const layers = capabilities.windows === true ? fc.oneof(whole, fc.integer({ min: 1, max: MAX_WINDOW })) : whole;
  const groups = capabilities.groups === true && shape.crowd === 0 ? MAX_GROUPS : 1;
  return fc.record({
    blockCount: fc.integer({ min: shape.minBlocks, max: shape.maxBlocks }),
    blockSize: fc.constantFrom(...blockSizes),
    maxTokens: fc.constant(shape.maxTokens),
    windows: fc.array(layers, { minLength: 1, maxLength: groups }),
    hostBlockCount:
      capabilities.swap === true || capabilities.hostTier === true ? fc.nat(MAX_HOST_BLOCKS) : fc.constant(0),
  });
}

/** Kinds of commands that the allocator has, with their usual weights. */
function kindsOf({ capabilities, commands = [] }: ProgramOptions): [kind: string, weight: number][] {
  const where = (is: boolean | undefined, ...kinds: [string, number][]): [string, number][] =>
    is === true ? kinds : [];
  const { prefixCache, fork, plans, swap, reset } = capabilities;
  return [
    ["allocate", 5],
    ["append", 3],
    ["continue", 3],
    ["free", 3],
    ...where(fork, ["fork", 2]),
    ...where(prefixCache, ["lookup", 2]),
    ...where(plans, ["issue", 1], ["commit", 2], ["rollback", 1]),
    ...where(swap, ["swapOut", 2], ["swapIn", 3]),
    ...where(reset, ["reset", 0.5]),
    ...commands.map(({ name, weight = 1 }): [string, number] => [`custom:${name}`, weight]),
  ];
}
