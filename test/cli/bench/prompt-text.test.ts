import { expect, test } from "vitest";
import { fitWords, ONE_A_WORD, PromptTexts } from "../../../src/cli/bench/prompt-text.ts";

const words = (text: string): string[] => text.split(" ");

test("texts have as many words as tokens are wanted, and the same seed gives the same", () => {
  const make = (seed: number) => {
    const texts = new PromptTexts(seed, { around: 5, perWord: 2 });
    return [105, 1, 5].map((promptTokens) => texts.make({ at: 0, promptTokens, outputTokens: 1 }));
  };
  expect(make(1).map((text) => words(text).length)).toEqual([50, 1, 1]);
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
});

test("pieces of one name are alike, whatever the prompt, and what follows is not", () => {
  const texts = new PromptTexts(3, ONE_A_WORD);
  const make = (pieces: number[], promptTokens = 30) =>
    words(texts.make({ at: 0, promptTokens, outputTokens: 1, pieces, pieceTokens: 10 }));
  const [a, b, c] = [make([7, 8]), make([7, 9]), make([7, 8], 15)];
  expect(b.slice(0, 10)).toEqual(a.slice(0, 10));
  expect(b.slice(10)).not.toEqual(a.slice(10));
  expect(c).toEqual(a.slice(0, 15));
  expect(make([7, 8]).slice(0, 20)).toEqual(a.slice(0, 20));
  expect(make([7, 8]).slice(20)).not.toEqual(a.slice(20));
});

test("two prompts tell the tokens of a word and those around them", () => {
  expect(fitWords({ words: 32, tokens: 45 }, { words: 160, tokens: 173 })).toEqual({ around: 13, perWord: 1 });
  expect(fitWords({ words: 32, tokens: 45 }, { words: 160, tokens: 45 })).toEqual(ONE_A_WORD);
});
