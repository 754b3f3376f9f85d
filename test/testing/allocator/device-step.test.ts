import { describe, expect, test } from "vitest";
import type { AllocatorSizes } from "../../../src/testing/index.ts";
import {
  contentOf,
  firstVisible,
  isBlock,
  joinMoves,
  misread,
  noFaults,
  runStep,
  spoilStep,
  type DeviceRow,
} from "../../../src/testing/allocator/device-step.ts";
import { SimulatedMemory, SPOILED } from "../../../src/testing/allocator/simulated-memory.ts";

const SIZES: AllocatorSizes = { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 2 };

/** A row of a sequence whose beginnings have the names 0, 1, 2 … */
function row(tables: readonly (readonly number[])[], from: number, to: number): DeviceRow {
  const names = Array.from({ length: to }, (_, index) => index);
  return {
    number: 7,
    tables,
    from,
    to,
    sequence: { domain: { salt: "", adapterId: 0 }, tokens: names, names, swapped: false, isStale: false },
  };
}

describe("runStep", () => {
  test("writes each token to its slot, and finds what each one sees", () => {
    const memory = new SimulatedMemory(SIZES);
    expect(runStep(memory, SIZES, { rows: [row([[3, 1]], 0, 3)], moves: {} })).toEqual(noFaults());
    expect([memory.read(3, 0), memory.read(3, 1), memory.read(1, 0)]).toEqual([0, 1, 2]);
  });

  test("a token that sees what is not there is a misread", () => {
    const memory = new SimulatedMemory(SIZES);
    expect(runStep(memory, SIZES, { rows: [row([[3, 1]], 1, 3)], moves: {} }).misreads).toEqual([
      "while sequence 7 computes positions 1 to 2: position 0 is in block 3 of group 0, which holds nothing that was computed",
    ]);
  });

  test("behind a window nothing is seen", () => {
    const windowed = { ...SIZES, windows: [2] };
    expect(
      runStep(new SimulatedMemory(windowed), windowed, { rows: [row([[-1, 1]], 3, 4)], moves: {} }).misreads,
    ).toEqual([
      "while sequence 7 computes positions 3 to 3: position 2 is in block 1 of group 0, which holds nothing that was computed",
    ]);
    expect(
      runStep(new SimulatedMemory(windowed), windowed, { rows: [row([[-1, 1]], 2, 4)], moves: {} }).misreads,
    ).toEqual(["while sequence 7 computes positions 2 to 3: position 1 has no block in group 0"]);
  });

  test("groups have contents of their own", () => {
    const two = { ...SIZES, windows: [null, null] };
    const memory = new SimulatedMemory(two);
    expect(runStep(memory, two, { rows: [row([[0], [1]], 0, 2)], moves: {} }).misreads).toEqual([]);
    expect(misread(memory, two, { table: [0], group: 1, position: 0, name: 0 })).toBe(
      "position 0 is in block 0 of group 1, which holds the keys and values of another beginning",
    );
  });

  test.each([
    [
      {
        copies: [
          [0, 1],
          [2, 1],
        ] as const,
      },
      "the copies of one step go to block 1 twice",
    ],
    [
      {
        copies: [
          [0, 1],
          [1, 2],
        ] as const,
      },
      "block 1 is source and target of one step's copies",
    ],
    [
      {
        swapOuts: [
          [0, 1],
          [2, 1],
        ] as const,
      },
      "the swap-outs of one step go to block 1 twice",
    ],
    [
      {
        swapIns: [
          [0, 1],
          [1, 1],
        ] as const,
      },
      "the swap-ins of one step go to block 1 twice",
    ],
    [{ copies: [[0, 5]] as const }, "the copies of a step have the pair [0,5], and there are no such blocks"],
    [{ swapOuts: [[0, 3]] as const }, "the swap-outs of a step have the pair [0,3], and there are no such blocks"],
    [{ swapIns: [[3, 0]] as const }, "the swap-ins of a step have the pair [3,0], and there are no such blocks"],
    [{ swapIns: [[-1, 0]] as const }, "the swap-ins of a step have the pair [-1,0], and there are no such blocks"],
  ])("moves %j: %s", (moves, disorder) =>
    expect(runStep(new SimulatedMemory(SIZES), SIZES, { rows: [], moves }).disorder).toEqual([disorder]),
  );

  test("moves that keep the rules are in order", () => {
    const moves = {
      swapOuts: [
        [0, 1],
        [0, 2],
      ],
      swapIns: [
        [1, 0],
        [1, 1],
      ],
      copies: [
        [2, 3],
        [2, 4],
      ],
    } as const;
    expect(runStep(new SimulatedMemory(SIZES), SIZES, { rows: [], moves }).disorder).toEqual([]);
  });
});

test("a failed step leaves nothing of use where it wrote", () => {
  const memory = new SimulatedMemory(SIZES);
  const step = { rows: [row([[3, 1]], 0, 3)], moves: { copies: [[3, 2]] as const } };
  runStep(memory, SIZES, step);
  spoilStep(memory, SIZES, step, SPOILED);
  expect([memory.read(3, 0), memory.read(3, 1), memory.read(1, 0), memory.read(2, 0)]).toEqual([
    SPOILED,
    SPOILED,
    SPOILED,
    SPOILED,
  ]);
});

test("firstVisible", () => {
  expect([firstVisible(5, null), firstVisible(5, 1), firstVisible(5, 3), firstVisible(5, 9)]).toEqual([0, 5, 3, 0]);
});

test("isBlock takes blocks counted from 0 and from 1", () => {
  expect([0, 4, 5, -1, 1.5, undefined].map((block) => isBlock(block, SIZES))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("contents of groups never meet", () => {
  const two = { ...SIZES, windows: [null, null] };
  expect(new Set([contentOf(0, 0, two), contentOf(0, 1, two), contentOf(1, 0, two), contentOf(1, 1, two)]).size).toBe(
    4,
  );
});

test("joinMoves keeps the order of each list", () => {
  expect(joinMoves([{ copies: [[1, 2]] }, {}, { copies: [[3, 4]], swapIns: [[5, 6]] }])).toEqual({
    swapOuts: [],
    swapIns: [[5, 6]],
    copies: [
      [1, 2],
      [3, 4],
    ],
  });
});
