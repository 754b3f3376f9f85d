import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LaneTokens } from "../../src/scheduler/lane-tokens.ts";

/** An array of a request's own with room for more. */
function own(...tokens: number[]): Int32Array {
  const array = new Int32Array(300);
  array.set(tokens);
  return array;
}

describe("LaneTokens", () => {
  test("counts a token a commit, and keeps it until it goes to the request's own array", () => {
    const tokens = new LaneTokens(4, 3);
    const array = own(5, 6);
    tokens.enter(1, array, 2, 100);
    expect([tokens.countOf(1), tokens.newest()[1]]).toEqual([2, 6]);
    tokens.open()[1] = 7;
    tokens.open()[1] = 8;
    expect([tokens.countOf(1), tokens.newest()[1], array[2]]).toEqual([4, 8, 0]);
    expect([...tokens.flush(1).subarray(0, 5)]).toEqual([5, 6, 7, 8, 0]);
    expect(tokens.flush(1)).toBe(array);
  });

  test("who comes later has nothing of who was there before", () => {
    const tokens = new LaneTokens(4, 2);
    tokens.enter(0, own(1), 1, 100);
    for (let i = 0; i < 5; i++) tokens.open()[0] = 90 + i;
    tokens.leave(0);
    tokens.open();
    tokens.enter(0, own(3, 4, 5), 3, 100);
    tokens.open()[0] = 6;
    expect([...tokens.flush(0).subarray(0, 5)]).toEqual([3, 4, 5, 6, 0]);
  });

  test.each([1, 4, 16, 100])("with a flush every %i commits no token is lost, whatever the others do", (period) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: period + 2 }), { minLength: 1, maxLength: 12 }), (gaps) => {
        const tokens = new LaneTokens(period, 2);
        const arrays = [new Int32Array(4000), new Int32Array(4000)];
        const all = [[9], [8]];
        for (const slot of [0, 1]) {
          arrays[slot][0] = all[slot][0];
          tokens.enter(slot, arrays[slot], 1, 100);
        }
        let next = 100;
        for (const gap of gaps) {
          for (let i = 0; i < gap; i++) {
            const line = tokens.open();
            for (const slot of [0, 1]) all[slot].push((line[slot] = next++));
            if (i % period === 0) tokens.flush(1);
          }
          expect([...tokens.flush(0).subarray(0, tokens.countOf(0))]).toEqual(all[0]);
        }
        expect([...tokens.flush(1).subarray(0, tokens.countOf(1))]).toEqual(all[1]);
      }),
      { numRuns: 30 },
    );
  });
});
