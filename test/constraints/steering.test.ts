import { describe, expect, test } from "vitest";
import { Steering, steeringOf, type SteeringOptions } from "../../src/constraints/steering.ts";
import { ConstraintError, InfeasibleRequestError, InvalidRequestError } from "../../src/errors.ts";
import { GREEDY } from "../../src/sampling-params.ts";
import { allowInMask, maskAllows, type TokenMask } from "../../src/token-mask.ts";

/** Ids count up from 1; each `fill` but the `late` first ones is ready. */
class Counting implements TokenMask {
  isDone = false;
  accepted: number[] = [];
  late = 0;

  fill(words: Int32Array): boolean {
    words.fill(0);
    allowInMask(words, this.accepted.length + 1);
    return this.late-- <= 0;
  }

  accept(id: number): boolean {
    if (id !== this.accepted.length + 1) return false;
    this.accepted.push(id);
    return true;
  }

  rollback(count: number): void {
    this.accepted.length -= count;
  }

  fork(): TokenMask {
    const fork = new Counting();
    fork.accepted = [...this.accepted];
    return fork;
  }

  forcedTokens(limit: number): number[] {
    return Array.from({ length: limit }, (_, i) => this.accepted.length + 1 + i);
  }
}

const base: SteeringOptions = {
  sampling: GREEDY,
  stopTokenIds: [99],
  promptTokenCount: 2,
  mask: null,
  processors: [],
  vocabSize: 100,
  maxEdits: 10,
};

function steering(changes: Partial<SteeringOptions>): Steering {
  return new Steering({ ...base, ...changes });
}

const tokens = Int32Array.of(50, 51, 1, 2, 3, 4);

describe("Steering", () => {
  test("is none where logits stay as they are", () => {
    expect(steeringOf(base)).toBeNull();
    expect(steeringOf({ ...base, sampling: { ...GREEDY, badTokenIds: [1] } })).not.toBeNull();
  });

  test("waits for the last token only where edits depend on it", () => {
    const fixed = { ...GREEDY, badTokenIds: [1], logitBias: { 4: 1 }, minTokens: 3 };
    expect(steering({ sampling: fixed }).needsHost).toBe(false);
    expect(steering({ sampling: { ...GREEDY, presencePenalty: 1 } }).needsHost).toBe(true);
    expect(steering({ processors: [() => []] }).needsHost).toBe(true);
    expect(steering({ mask: new Counting() }).needsHost).toBe(true);
  });

  test("is ready once the mask is, and shows it the answer's tokens alone", () => {
    const mask = new Counting();
    mask.late = 2;
    const each = steering({ mask });
    const ready = [2, 2, 2, 4].map((count) => {
      each.prepare(tokens, count);
      return each.isReady;
    });
    expect([ready, mask.accepted]).toEqual([
      [false, false, true, true],
      [1, 2],
    ]);
    expect(maskAllows(each.maskOf(0), 3)).toBe(true);
  });

  test("lets drafts through as far as the mask allows them, and forgets them", () => {
    const mask = new Counting();
    const each = steering({ mask });
    each.prepare(tokens, 3);
    expect(each.draft([2, 3, 9, 5])).toBe(2);
    expect(mask.accepted).toEqual([1]);
    expect([0, 1, 2].map((row) => maskAllows(each.maskOf(row), row + 2))).toEqual([true, true, true]);
    expect(each.forcedTokens(3)).toEqual([2, 3, 4]);
  });

  test("has no drafts where a processor sees each token", () => {
    const each = steering({ mask: new Counting(), processors: [() => []] });
    each.prepare(tokens, 2);
    expect([each.draft([1]), each.forcedTokens(3)]).toEqual([0, []]);
  });

  test("a fork begins with the prompt, whatever the other has taken", () => {
    const each = steering({ mask: new Counting() });
    each.prepare(tokens, 5);
    const fork = each.fork();
    fork.prepare(tokens, 3);
    expect(maskAllows(fork.maskOf(0), 2)).toBe(true);
  });

  test("follows a last token that is replaced", () => {
    const mask = new Counting();
    const each = steering({ mask });
    each.prepare(tokens, 4);
    each.forgetLast(5); // not taken yet
    expect(mask.accepted).toEqual([1, 2]);
    each.forgetLast(4);
    expect(mask.accepted).toEqual([1]);
  });

  test("a token that the mask does not allow is an error", () => {
    const each = steering({ mask: new Counting() });
    expect(() => each.prepare(Int32Array.of(50, 51, 7), 3)).toThrow(ConstraintError);
  });

  test("is over where the mask is done and no stop id can say so", () => {
    const mask = new Counting();
    mask.isDone = true;
    expect([steering({ mask }).isOver, steering({ mask, stopTokenIds: [] }).isOver]).toEqual([false, true]);
  });

  test("asks processors once a token, and checks what they give", () => {
    const seen: number[][] = [];
    const each = steering({
      processors: [({ tokenIds, promptTokenCount }) => (seen.push([...tokenIds, promptTokenCount]), [[4, 1]])],
    });
    for (const count of [2, 2, 3]) each.prepare(tokens, count);
    expect([seen, each.editCount]).toEqual([
      [
        [50, 51, 2],
        [50, 51, 1, 2],
      ],
      1,
    ]);
    for (const given of [
      [100, 1],
      [-1, 1],
      [0.5, 1],
      [1, Number.NaN],
    ] as const) {
      expect(() => steering({ processors: [() => [given]] }).prepare(tokens, 2)).toThrow(InvalidRequestError);
    }
    const many = Array.from({ length: 11 }, (_, id) => [id, 1] as const);
    expect(() => steering({ processors: [() => many] }).prepare(tokens, 2)).toThrow(InfeasibleRequestError);
  });

  test("tells the most edits that a sample may take", () => {
    const each = steering({ sampling: { ...GREEDY, repetitionPenalty: 2, badTokenIds: [7, 8] } });
    each.prepare(tokens, 2);
    expect(each.mostEdits(32)).toBe(2 + 2 + 30);
    expect(each.mostEdits(1000)).toBe(2 + 2 + 100);
  });
});
