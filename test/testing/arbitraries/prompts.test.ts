import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { promptFamilies, promptLists, promptRecipes } from "../../../src/testing/index.ts";

const OPTIONS = { vocabulary: 2, maxLength: 6, families: 3, count: 5 };

describe("prompts", () => {
  test("are of the size and the vocabulary asked for", () => {
    fc.assert(
      fc.property(promptLists(fc, OPTIONS), (prompts) => {
        expect(prompts.length).toBeGreaterThanOrEqual(1);
        expect(prompts.length).toBeLessThanOrEqual(5);
        for (const prompt of prompts) {
          expect(prompt.length).toBeGreaterThanOrEqual(1);
          expect(prompt.length).toBeLessThanOrEqual(6);
          for (const token of prompt) expect([0, 1]).toContain(token);
        }
      }),
    );
  });

  test("of one family begin with its text", () => {
    fc.assert(
      fc.property(promptFamilies(fc, OPTIONS), promptRecipes(fc, OPTIONS), (families, recipe) => {
        const prompt = families.prompt(recipe);
        const shared = families.text(recipe.family, 0, recipe.length);
        expect(prompt.slice(0, recipe.length)).toEqual(shared);
        expect(prompt.slice(recipe.length)).toEqual(recipe.tail.slice(0, 6 - recipe.length));
        expect(families.text(recipe.family, 2, 3)).toEqual(families.text(recipe.family, 0, 6).slice(2, 5));
      }),
    );
  });

  test("often begin alike: of 100 lists most have two that share tokens", () => {
    const lists = fc.sample(promptLists(fc, { ...OPTIONS, vocabulary: 50 }), { numRuns: 100, seed: 1 });
    const sharing = lists.filter((prompts) => new Set(prompts.map(([first]) => first)).size < prompts.length);
    expect(sharing.length).toBeGreaterThan(50);
  });
});
