import type { Arbitrary, FastCheck } from "../fast-check.ts";

export interface PromptOptions {
  /** Different token ids, from 0. Few make equal beginnings likely. Default 3. */
  readonly vocabulary?: number;
  /** Most tokens of a prompt. Default 20. */
  readonly maxLength?: number;
  /** Prompts that share a beginning. Default 2. */
  readonly families?: number;
}

/** Takes a prompt out of a family: the first `length` tokens of a text that all of it share, then tokens of its own. */
export interface PromptRecipe {
  readonly family: number;
  readonly length: number;
  readonly tail: readonly number[];
}

/** The texts of a prompt family, and what turns a recipe into a prompt. */
export interface PromptFamilies {
  prompt(recipe: PromptRecipe): number[];
  /** Up to `count` tokens of a family's text from a position: the rest of a prompt that came in parts. */
  text(family: number, from: number, count: number): number[];
}

/** Most tokens of its own that a prompt has: enough to fill a small block and to begin another. */
const MAX_TAIL = 3;

/**
 * Families of prompts that begin alike, as chats with one system prompt do. Give it your fast-check, so that there is
 * one of it. Make recipes beside it with `promptRecipes`: both shrink on their own.
 */
export function promptFamilies(fc: FastCheck, options: PromptOptions = {}): Arbitrary<PromptFamilies> {
  const { vocabulary = 3, maxLength = 20, families = 2 } = options;
  const text = fc.array(fc.nat(vocabulary - 1), { minLength: maxLength, maxLength });
  return fc.array(text, { minLength: families, maxLength: families }).map((texts) => ({
    prompt: ({ family, length, tail }) => [...texts[family].slice(0, length), ...tail].slice(0, maxLength),
    text: (family, from, count) => texts[family].slice(from, from + count),
  }));
}

/** Recipes for prompts of at least one token. */
export function promptRecipes(fc: FastCheck, options: PromptOptions = {}): Arbitrary<PromptRecipe> {
  const { vocabulary = 3, maxLength = 20, families = 2 } = options;
  return fc.record({
    family: fc.nat(families - 1),
    length: fc.integer({ min: 1, max: maxLength }),
    tail: fc.oneof(
      { arbitrary: fc.constant([]), weight: 2 },
      { arbitrary: fc.array(fc.nat(vocabulary - 1), { maxLength: MAX_TAIL }), weight: 1 },
    ),
  });
}

/** Lists of prompts of a few families. */
export function promptLists(
  fc: FastCheck,
  options: PromptOptions & { readonly count?: number } = {},
): Arbitrary<number[][]> {
  const { count = 8 } = options;
  const recipes = fc.array(promptRecipes(fc, options), { minLength: 1, maxLength: count, size: "max" });
  return fc
    .tuple(promptFamilies(fc, options), recipes)
    .map(([families, list]) => list.map((recipe) => families.prompt(recipe)));
}
