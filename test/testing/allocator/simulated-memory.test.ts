import { describe, expect, test } from "vitest";
import { NOTHING, SimulatedMemory, SPOILED } from "../../../src/testing/allocator/simulated-memory.ts";

function memory(): SimulatedMemory {
  const made = new SimulatedMemory({ blockCount: 3, hostBlockCount: 2, blockSize: 2 });
  for (let block = 0; block < 3; block++) {
    made.write(block, 0, 10 * block);
    made.write(block, 1, 10 * block + 1);
  }
  return made;
}

function contents(of: SimulatedMemory, id: number): number[] {
  return [of.read(id, 0), of.read(id, 1)];
}

describe("SimulatedMemory", () => {
  test("holds nothing until it is written", () => {
    expect(contents(memory(), 3)).toEqual([NOTHING, NOTHING]);
    expect(contents(memory(), 2)).toEqual([20, 21]);
  });

  test("pairs of one list move at once", () => {
    const swapped = memory();
    swapped.move({
      copies: [
        [0, 1],
        [1, 0],
      ],
    });
    expect([contents(swapped, 0), contents(swapped, 1)]).toEqual([
      [10, 11],
      [0, 1],
    ]);
  });

  test("swap-outs come before swap-ins, and those before copies", () => {
    const moved = memory();
    moved.move({ copies: [[1, 3]], swapIns: [[2, 1]], swapOuts: [[0, 2]] });
    expect([contents(moved, 1), contents(moved, 3)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("a move to a block that is not there changes nothing", () => {
    const moved = memory();
    moved.move({
      copies: [
        [0, 4],
        [0, -1],
      ],
      swapOuts: [[0, 3]],
    });
    expect([0, 1, 2, 3].map((id) => contents(moved, id))).toEqual([0, 1, 2, 3].map((id) => contents(memory(), id)));
  });

  test("what a failed move wrote to is of no use, on the device and in host memory", () => {
    const moved = memory();
    moved.move({ swapOuts: [[0, 1]] });
    moved.spoil({ swapOuts: [[2, 1]], swapIns: [[2, 0]], copies: [[0, 3]] });
    expect([contents(moved, 0), contents(moved, 2), contents(moved, 3)]).toEqual([
      [SPOILED, SPOILED],
      [20, 21],
      [SPOILED, SPOILED],
    ]);
    moved.move({ swapIns: [[1, 2]] });
    expect(contents(moved, 2)).toEqual([SPOILED, SPOILED]);
  });
});
