import { describe, expect, test } from "vitest";
import type { DeviceRow } from "../../../src/testing/allocator/device-step.ts";
import { findSharedWrites } from "../../../src/testing/allocator/shared-writes.ts";
import type { ModelSequence } from "../../../src/testing/index.ts";

const SIZES = { blockCount: 8, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 };

function sequence(...names: number[]): ModelSequence {
  return { domain: { salt: "", adapterId: 0 }, tokens: names, names, swapped: false, isStale: false };
}

/** Rows of sequences 0, 1 … over all their positions from `from`. */
function found(
  sequences: readonly ModelSequence[],
  tables: readonly (readonly number[])[],
  rows: readonly (readonly [number: number, from: number])[],
): string[] {
  const deviceRows = rows.map(([number, from]): DeviceRow => ({
    number,
    from,
    to: sequences[number].names.length,
    sequence: sequences[number],
    tables: [tables[number]],
  }));
  return findSharedWrites(deviceRows, {
    sizes: SIZES,
    sequences: new Map(sequences.entries()),
    tables: new Map([...tables.entries()].map(([number, table]) => [number, [table]])),
  });
}

describe("findSharedWrites", () => {
  test("own blocks may be written", () => {
    expect(
      found(
        [sequence(1, 2, 3), sequence(1, 2, 4)],
        [
          [0, 1],
          [2, 3],
        ],
        [
          [0, 0],
          [1, 0],
        ],
      ),
    ).toEqual([]);
  });

  test("a block may be taken from the row that computes it", () => {
    expect(
      found(
        [sequence(1, 2), sequence(1, 2, 3)],
        [[0], [0, 1]],
        [
          [0, 0],
          [1, 2],
        ],
      ),
    ).toEqual([]);
  });

  test("what another holds may not be changed, also behind its end", () => {
    expect(found([sequence(1, 2), sequence(1)], [[0], [0]], [[0, 1]])).toEqual([
      "sequence 0 writes position 1 to block 0, which sequence 1 holds too",
    ]);
    expect(found([sequence(1, 2), sequence(1, 3)], [[0], [0]], [[0, 1]])).toEqual([
      "sequence 0 writes position 1 to block 0, which sequence 1 holds too",
    ]);
  });

  test("a slot is written once in a step", () => {
    expect(
      found(
        [sequence(1, 2), sequence(1, 2)],
        [[0], [0]],
        [
          [0, 1],
          [1, 1],
        ],
      ),
    ).toEqual(["sequences 0 and 1 write to the same slot of block 0 in one step"]);
  });

  test("a position without a block is no write", () => {
    expect(found([sequence(1, 2, 3)], [[0]], [[0, 0]])).toEqual([]);
  });
});
