import { NO_DOMAIN, type AllocatorCapabilities, type AllocatorSizes, type Domain } from "../allocator/allocator.ts";
import type { Command, Program } from "../allocator/program.ts";
import type { Arbitrary, FastCheck } from "../fast-check.ts";
import { promptFamilies, promptRecipes, type PromptFamilies, type PromptRecipe } from "./prompts.ts";

export interface ProgramOptions {
  /** What the allocator can do: commands of other kinds are left out. */
  readonly capabilities: AllocatorCapabilities;
  /** Default 60. */
  readonly maxCommands?: number;
  /** Default 0. */
  readonly minCommands?: number;
  /** Default 1, 2 and 4. */
  readonly blockSizes?: readonly number[];
  /** Most blocks of the pool; few blocks make shortage likely. Default 12. */
  readonly maxBlocks?: number;
}

/** Sequences at a time: more than a small pool can hold. */
const SEQUENCES = 5;
/** Tokens at a time of `append`: one as in decoding, or a chunk. */
const MAX_APPENDED = 6;
/** Longest sequence: beyond most pools. */
const MAX_TOKENS = 40;
const MAX_WINDOW = 9;
/** Kinds of layers: full and sliding, or two windows. */
const MAX_GROUPS = 2;
const MAX_HOST_BLOCKS = 8;
/** The two domains of a program. Written one behind the other the last two look the same: a key that joins them so takes one for the other. */
const DOMAIN_PAIRS: readonly (readonly [Domain, Domain])[] = [
  [NO_DOMAIN, { salt: "1", adapterId: 0 }],
  [NO_DOMAIN, { salt: "", adapterId: 1 }],
  [{ salt: "1", adapterId: 1 }, { salt: "", adapterId: 11 }],
];

/** What a program's drafts are written out with: the texts, and how far each sequence has come if nothing was refused. */
interface Writing {
  readonly families: PromptFamilies;
  readonly domains: readonly [Domain, Domain];
  readonly progress: Map<number, { readonly family: number; length: number }>;
}

/** A command whose tokens are still a recipe: the texts are drawn once a program. */
type Draft = (writing: Writing) => Command;

/** Programs for an allocator, of few tokens and few blocks, so that sequences begin alike and blocks run out. */
export function programs(fc: FastCheck, options: ProgramOptions): Arbitrary<Program> {
  const { minCommands = 0, maxCommands = 60 } = options;
  const drafts = fc.array(drafted(fc, options.capabilities), { minLength: minCommands, maxLength: maxCommands, size: "max" });
  return fc
    .tuple(sizesOf(fc, options), promptFamilies(fc), fc.constantFrom(...DOMAIN_PAIRS), drafts)
    .map(([sizes, families, domains, list]) => {
      const writing: Writing = { families, domains, progress: new Map() };
      return { sizes, commands: list.map((draft) => draft(writing)) };
    });
}

function sizesOf(fc: FastCheck, { capabilities, blockSizes = [1, 2, 4], maxBlocks = 12 }: ProgramOptions): Arbitrary<AllocatorSizes> {
  const whole = fc.constant(null);
  const layers = capabilities.windows === true ? fc.oneof(whole, fc.integer({ min: 1, max: MAX_WINDOW })) : whole;
  const groups = capabilities.groups === true ? MAX_GROUPS : 1;
  return fc.record({
    blockCount: fc.integer({ min: 1, max: maxBlocks }),
    blockSize: fc.constantFrom(...blockSizes),
    maxTokens: fc.constant(MAX_TOKENS),
    windows: fc.array(layers, { minLength: 1, maxLength: groups }),
    hostBlockCount: capabilities.swap === true || capabilities.hostTier === true ? fc.nat(MAX_HOST_BLOCKS) : fc.constant(0),
  });
}

function drafted(fc: FastCheck, capabilities: AllocatorCapabilities): Arbitrary<Draft> {
  const sequence = fc.nat(SEQUENCES - 1);
  const prompt = promptRecipes(fc);
  const domain = fc.oneof({ arbitrary: fc.constant(0 as const), weight: 3 }, { arbitrary: fc.constant(1 as const), weight: 1 });
  const tokens = fc.oneof({ arbitrary: fc.array(fc.nat(2), { minLength: 1, maxLength: 1 }), weight: 2 }, { arbitrary: fc.array(fc.nat(2), { minLength: 1, maxLength: MAX_APPENDED }), weight: 1 });
  const always = (weight: number, arbitrary: Arbitrary<Draft>) => ({ weight, arbitrary });
  const where = (is: boolean | undefined, weight: number, arbitrary: Arbitrary<Draft>) => (is === true ? [{ weight, arbitrary }] : []);
  const { prefixCache, fork, plans, swap } = capabilities;
  return fc.oneof(
    always(5, fc.record({ sequence, prompt, domain }).map(draftAllocate)),
    always(3, fc.record({ sequence, tokens }).map(draftAppend)),
    always(3, fc.record({ sequence, count: fc.integer({ min: 1, max: MAX_APPENDED }) }).map(draftContinue)),
    always(3, sequence.map((number) => () => ({ kind: "free", sequence: number }))),
    ...where(fork, 2, fc.record({ sequence, child: sequence }).map((fields) => () => ({ kind: "fork", ...fields }))),
    ...where(prefixCache, 2, fc.record({ prompt, domain }).map(draftLookup)),
    ...where(plans, 1, fc.constant(() => ({ kind: "issue" }))),
    ...where(plans, 2, fc.constant(() => ({ kind: "commit" }))),
    ...where(plans, 1, fc.constant(() => ({ kind: "rollback" }))),
    ...where(swap, 1, sequence.map((number) => () => ({ kind: "swapOut", sequence: number }))),
    ...where(swap, 2, sequence.map((number) => () => ({ kind: "swapIn", sequence: number }))),
  );
}

function draftAllocate({ sequence, prompt, domain }: { sequence: number; prompt: PromptRecipe; domain: 0 | 1 }): Draft {
  return ({ families, domains, progress }) => {
    const tokens = families.prompt(prompt);
    progress.set(sequence, { family: prompt.family, length: tokens.length });
    return { kind: "allocate", sequence, tokens, ...named(domains[domain]) };
  };
}

function draftAppend({ sequence, tokens }: { sequence: number; tokens: number[] }): Draft {
  return ({ progress }) => {
    const at = progress.get(sequence);
    if (at !== undefined) at.length += tokens.length;
    return { kind: "append", sequence, tokens };
  };
}

/** The next tokens of its family's text: what another sequence may have computed already. */
function draftContinue({ sequence, count }: { sequence: number; count: number }): Draft {
  return ({ families, progress }) => {
    const at = progress.get(sequence) ?? { family: 0, length: 0 };
    const tokens = families.text(at.family, at.length, count);
    at.length += tokens.length;
    return { kind: "append", sequence, tokens };
  };
}

function draftLookup({ prompt, domain }: { prompt: PromptRecipe; domain: 0 | 1 }): Draft {
  return ({ families, domains }) => ({ kind: "lookup", tokens: families.prompt(prompt), ...named(domains[domain]) });
}

/** Only what is not the default: shorter to read. */
function named({ salt, adapterId }: Domain): { salt?: string; adapterId?: number } {
  return { ...(salt === "" ? {} : { salt }), ...(adapterId === 0 ? {} : { adapterId }) };
}
