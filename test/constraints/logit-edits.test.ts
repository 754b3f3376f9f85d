import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasEdits, LogitEdits } from "../../src/constraints/logit-edits.ts";
import { GREEDY, type SamplingParams } from "../../src/sampling-params.ts";

const NO_MORE: ReadonlyMap<number, number> = new Map();

function columns(count: number) {
  const reals = () => new Float32Array(count);
  return {
    indptr: new Int32Array(2),
    tokenIds: new Int32Array(count),
    bias: reals(),
    scale: reals(),
    penalty: reals(),
  };
}

type Edit = readonly [bias: number, scale: number, penalty: number];

/** Edits by id, those that change nothing left out. */
function written(edits: LogitEdits, length: number, more = NO_MORE, mayStop = false): Map<number, Edit> {
  const out = columns(3 + edits.count + more.size);
  const end = edits.write(out, 3, { length, more, mayStop });
  expect(end).toBeLessThanOrEqual(3 + edits.count + more.size);
  const ids = out.tokenIds.subarray(3, end);
  expect(new Set(ids).size).toBe(ids.length);
  const all = [...ids].map((id, i): [number, Edit] => [id, [out.bias[3 + i], out.scale[3 + i], out.penalty[3 + i]]]);
  return new Map(all.filter(([, [bias, scale, penalty]]) => bias !== 0 || scale !== 1 || penalty !== 0));
}

/** The same, written out. */
function expected(sampling: SamplingParams, stops: number[], prompt: number[], output: number[]): Map<number, Edit> {
  const edits = new Map<number, Edit>();
  for (let id = 0; id < 12; id++) {
    const banned = sampling.badTokenIds.includes(id) || (output.length < sampling.minTokens && stops.includes(id));
    const bias = banned ? Number.NEGATIVE_INFINITY : (sampling.logitBias[id] ?? 0);
    const times = output.filter((each) => each === id).length;
    const scale = prompt.includes(id) || times > 0 ? sampling.repetitionPenalty : 1;
    const penalty = times > 0 ? sampling.presencePenalty + times * sampling.frequencyPenalty : 0;
    if (bias !== 0 || scale !== 1 || penalty !== 0) edits.set(id, [bias, scale, penalty]);
  }
  return edits;
}

const id = fc.integer({ min: 0, max: 11 });
const sampling = fc.record({
  repetitionPenalty: fc.constantFrom(1, 0.5, 2),
  presencePenalty: fc.constantFrom(0, 0.5, -1),
  frequencyPenalty: fc.constantFrom(0, 0.25, -0.5),
  logitBias: fc.dictionary(id.map(String), fc.constantFrom(0, 3, -5, Number.NEGATIVE_INFINITY), { maxKeys: 4 }),
  badTokenIds: fc.array(id, { maxLength: 3 }),
  minTokens: fc.integer({ min: 0, max: 6 }),
});
const ids = fc.array(id, { maxLength: 20 });

describe("LogitEdits", () => {
  test("are what the tokens say, however they came and went", () => {
    fc.assert(
      fc.property(
        sampling,
        ids,
        ids,
        fc.array(id, { maxLength: 3 }),
        fc.array(fc.nat(4)),
        (params, prompt, output, stops, detours) => {
          const given: SamplingParams = { ...GREEDY, ...params };
          const edits = new LogitEdits({ sampling: given, stopTokenIds: stops, promptTokenCount: prompt.length });
          for (const token of prompt) edits.take(token);
          for (const [i, token] of output.entries()) {
            const guesses = output.slice(i, i + (detours[i] ?? 0)).map((each) => (each + 5) % 12);
            for (const guess of guesses) edits.take(guess);
            for (const guess of guesses.toReversed()) edits.undo(guess);
            edits.take(token);
          }
          expect(written(edits, prompt.length + output.length)).toEqual(expected(given, stops, prompt, output));
        },
      ),
    );
  });

  test("add what a processor gives, to one edit an id", () => {
    const given = { ...GREEDY, logitBias: { 1: 2 }, minTokens: 3 };
    const edits = new LogitEdits({ sampling: given, stopTokenIds: [7], promptTokenCount: 0 });
    const more = new Map([
      [1, 0.5],
      [7, 9],
      [5, Number.NEGATIVE_INFINITY],
    ]);
    expect([...written(edits, 0, more)]).toEqual([
      [1, [2.5, 1, 0]],
      [5, [Number.NEGATIVE_INFINITY, 1, 0]],
      [7, [Number.NEGATIVE_INFINITY, 1, 0]],
    ]);
    expect(written(edits, 3, more).get(7)).toEqual([9, 1, 0]);
  });

  test("let a sequence stop that can do nothing else", () => {
    const edits = new LogitEdits({ sampling: { ...GREEDY, minTokens: 9 }, stopTokenIds: [7], promptTokenCount: 0 });
    expect([written(edits, 0).size, written(edits, 0, NO_MORE, true).size]).toEqual([1, 0]);
  });

  test("are none where the parameters change no logit", () => {
    expect(hasEdits({ sampling: GREEDY, stopTokenIds: [1] })).toBe(false);
    expect(hasEdits({ sampling: { ...GREEDY, minTokens: 4 }, stopTokenIds: [] })).toBe(false);
    expect(hasEdits({ sampling: { ...GREEDY, minTokens: 4 }, stopTokenIds: [1] })).toBe(true);
  });
});
