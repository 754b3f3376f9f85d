import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import type { Arrival } from "../../src/sim/arrival.ts";
import { PromptIds } from "../../src/sim/prompt-ids.ts";

const VOCABULARY = 100;
const arrivalOf = (pieces: readonly number[], pieceTokens: number, promptTokens: number): Arrival => ({
  at: 0,
  promptTokens,
  outputTokens: 1,
  pieces,
  pieceTokens,
});

function common(a: Int32Array, b: Int32Array): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

test("two prompts agree exactly as far as their pieces do", () => {
  const piece = fc.integer({ min: 0, max: 3 });
  const prompt = fc.tuple(fc.array(piece, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      prompt,
      prompt,
      (size, [first, firstLength], [second, secondLength]) => {
        const ids = new PromptIds(VOCABULARY);
        const a = ids.make(arrivalOf(first, size, firstLength)).slice();
        const b = ids.make(arrivalOf(second, size, secondLength)).slice();
        let shared = 0;
        while (shared < Math.min(first.length, second.length) && first[shared] === second[shared]) shared++;
        expect(common(a, b)).toBe(Math.min(shared * size, firstLength, secondLength));
        for (const id of [...a, ...b]) expect(id >= VOCABULARY && id < 2 ** 31).toBe(true);
      },
    ),
  );
});

test("prompts without pieces share nothing, and nothing with a piece", () => {
  const ids = new PromptIds(VOCABULARY);
  const firsts = [arrivalOf([], 1, 5), arrivalOf([], 1, 5), arrivalOf([0], 16, 5), arrivalOf([1], 16, 5)].map(
    (arrival) => ids.make(arrival)[0],
  );
  expect(new Set(firsts).size).toBe(4);
});

test("a history stands at the beginning, cut where the prompt is shorter", () => {
  const ids = new PromptIds(VOCABULARY);
  const history = Int32Array.of(1, 2, 3);
  expect([...ids.make({ at: 0, promptTokens: 5, outputTokens: 1, history }).subarray(0, 3)]).toEqual([1, 2, 3]);
  expect([...ids.make({ at: 0, promptTokens: 2, outputTokens: 1, history })]).toEqual([1, 2]);
});

test("a long prompt after a short one has no remains of it", () => {
  const ids = new PromptIds(VOCABULARY);
  ids.make(arrivalOf([1, 2, 3], 2, 6));
  const long = ids.make(arrivalOf([9], 5000, 5000));
  expect(new Set(long.subarray(1))).toEqual(new Set([VOCABULARY]));
});

test.each([-1, 1.5, 2 ** 31])("a piece named %d is refused", (name) => {
  expect(() => new PromptIds(VOCABULARY).make(arrivalOf([name], 4, 4))).toThrow(InvalidOptionError);
});
