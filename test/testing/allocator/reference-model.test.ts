import { describe, expect, test } from "vitest";
import { NO_DOMAIN } from "../../../src/testing/allocator/allocator.ts";
import { ReferenceModel } from "../../../src/testing/index.ts";

function model(): ReferenceModel {
  const sizes = { blockCount: 8, blockSize: 2, maxTokens: 16, windows: [null], hostBlockCount: 4 };
  return new ReferenceModel(sizes, { prefixCache: true, sharesRunning: true, plans: true, swap: true });
}

/** Names of the full blocks that must be found. */
function promised({ known }: ReferenceModel): readonly (readonly number[])[] {
  return [...known.byName.values()].filter((block) => block.promised).map(({ tokens }) => tokens);
}

describe("ReferenceModel", () => {
  test("a sequence is its tokens, and its beginnings have names", () => {
    const made = model();
    made.allocate(0, [1, 2], NO_DOMAIN, 0);
    made.append(0, [3]);
    made.fork(0, 1, false);
    made.append(1, [4]);
    expect([made.get(0).tokens, made.get(1).tokens]).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
    ]);
    expect(made.get(1).names.slice(0, 3)).toEqual(made.get(0).names);
    expect(() => made.get(2)).toThrow("there is no sequence 2");
  });

  test("a step is quiet when nothing is built and nothing on its way", () => {
    const made = model();
    expect(made.isQuiet).toBe(true);
    made.allocate(0, [1], NO_DOMAIN, 0);
    expect([made.isQuiet, made.isInOpenStep(made.get(0))]).toEqual([false, true]);
    made.issue();
    expect([made.isQuiet, made.isInOpenStep(made.get(0))]).toEqual([false, false]);
    made.commit();
    expect(made.isQuiet).toBe(true);
    expect(() => made.commit()).toThrow("no step is on its way");
    expect(() => made.rollback()).toThrow("no step is on its way");
  });

  test("full blocks are known from the step that computes them", () => {
    const made = model();
    made.allocate(0, [1, 2, 3], NO_DOMAIN, 0);
    expect(promised(made)).toEqual([[1, 2]]);
    made.append(0, [4]);
    expect(promised(made)).toEqual([
      [1, 2],
      [1, 2, 3, 4],
    ]);
  });

  test("a failed step takes its sequences, tokens and blocks with it", () => {
    const made = model();
    made.allocate(0, [1, 2, 3], NO_DOMAIN, 0);
    made.issue();
    made.append(0, [4, 5]);
    made.append(0, [6]);
    made.allocate(1, [1, 2, 9], NO_DOMAIN, 2);
    made.issue();
    expect(made.rollback().map(({ tokens }) => tokens)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect([...made.sequences.keys()]).toEqual([0]);
    expect(made.get(0)).toMatchObject({ tokens: [1, 2, 3] });
    expect(made.get(0).names).toHaveLength(3);
    made.rollback();
    expect([made.sequences.size, made.known.byName.size]).toEqual([0, 0]);
  });

  test("a sequence that was swapped has nothing to go back to", () => {
    const made = model();
    made.allocate(0, [1, 2], NO_DOMAIN, 0);
    made.issue();
    made.commit();
    made.swap(0, true);
    expect([made.get(0).swapped, made.isQuiet]).toEqual([true, false]);
    made.issue();
    made.rollback();
    expect(made.sequences.size).toBe(0);
    expect([...made.known.byName.values()].map(({ tokens }) => tokens)).toEqual([[1, 2]]);
  });

  test("freed, a sequence is gone and what it computed stays known", () => {
    const made = model();
    made.allocate(0, [1, 2], NO_DOMAIN, 0);
    made.issue();
    made.commit();
    made.free(0);
    expect([made.sequences.size, promised(made)]).toEqual([0, [[1, 2]]]);
  });
});
