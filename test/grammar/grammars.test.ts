import { expect, test } from "vitest";
import { ConstraintError } from "../../src/errors.ts";
import { grammars } from "../../src/grammar/grammars.ts";
import { allowedIds } from "../support/constraints/byte-vocabulary.ts";
import { byteTokenizer } from "../support/scripted-backend.ts";
import { maskWordCount } from "../../src/token-mask.ts";

const options = { tokenizer: byteTokenizer, vocabSize: 260 };

test("gives each sequence a mask of its own, with the stop ids at its end", () => {
  const masks = grammars(options);
  const [first, second] = [1, 2].map(() => masks.mask({ type: "choice", choices: ["a", "b"] }, [258]));
  const words = new Int32Array(maskWordCount(260));
  expect(first.accept(97)).toBe(true);
  first.fill(words);
  expect(allowedIds(words, 260)).toEqual([258]);
  second.fill(words);
  expect(allowedIds(words, 260)).toEqual([97, 98]);
});

test("white space is an option", () => {
  const schema = { type: "object", properties: { a: { const: 1 } }, required: ["a"] };
  const forced = (whiteSpace: boolean): string =>
    String.fromCharCode(
      ...grammars({ ...options, whiteSpace })
        .mask({ type: "json_schema", schema }, [])
        .forcedTokens(99),
    );
  expect([forced(true), forced(false)]).toEqual(["{", '{"a":1}']);
});

test("a format that is too long is refused, and more formats than are kept all work", () => {
  const masks = grammars(options);
  expect(() => masks.mask({ type: "choice", choices: ["x".repeat(140_000)] }, [])).toThrow(ConstraintError);
  for (let i = 0; i < 40; i++) {
    expect(masks.mask({ type: "choice", choices: [`${i % 20}`] }, []).accept(48 + (i % 20 < 10 ? i % 20 : 1))).toBe(
      true,
    );
  }
});
