import { describe, expect, test } from "vitest";
import { NO_DOMAIN } from "../../../src/testing/allocator/allocator.ts";
import { type Allocator, type BlockCounts, checkInvariants } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const SIZES = { blockCount: 4, blockSize: 2, maxTokens: 8, windows: [null], hostBlockCount: 0 };

/** An allocator with a sequence of 3 tokens, and whatever else it is made to say. */
function check(lies: Partial<Allocator>, groupCount?: number): void {
  const allocator = new PagedAllocator(SIZES);
  allocator.allocate(0, [1, 2, 3], NO_DOMAIN);
  checkInvariants(Object.assign(allocator, lies), {
    blockCount: 4,
    blockSize: 2,
    groupCount,
    sequences: new Map([[0, 3]]),
  });
}

describe("checkInvariants", () => {
  test("says nothing where nothing is wrong", () => expect(() => check({})).not.toThrow());

  test.each<[BlockCounts, string]>([
    [{ free: 2, cached: 1, held: 2 }, "2 free + 1 cached + 2 held is not 4"],
    [{ free: 3, cached: -1, held: 2 }, "3 free + -1 cached + 2 held is not 4"],
    [{ free: 3, cached: 0, held: 1 }, "2 blocks are in tables, 1 are held"],
  ])("counts %j", (counts, message) => expect(() => check({ stats: () => counts })).toThrow(message));

  test.each([
    [[0], "sequence 0 has 3 tokens in 1 blocks of 2"],
    [[0, 5], "sequence 0 has blocks that the pool has not: [0,5]"],
    [[0, 0.5], "sequence 0 has blocks that the pool has not: [0,0.5]"],
    [[1, 1], "sequence 0 has a block twice: [1,1]"],
  ])("table %j", (table, message) => expect(() => check({ table: () => table })).toThrow(message));

  test("all groups are looked at, and blocks that a window left are none", () => {
    expect(() => check({ table: (_, group) => (group === 0 ? [0, 1] : [-1, 3]) }, 2)).toThrow(
      "3 blocks are in tables, 2 are held",
    );
    expect(() => check({ table: () => [-1, 1] })).not.toThrow();
  });

  test("asks the allocator itself too", () => {
    const checkOwn = () => {
      throw new Error("I am not well");
    };
    expect(() => check({ checkInvariants: checkOwn })).toThrow("I am not well");
  });
});
