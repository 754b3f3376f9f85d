import { expect, test } from "vitest";
import { NO_DOMAIN } from "../../../src/testing/allocator/allocator.ts";
import { copyTables, heldBlocks, skipReason } from "../../../src/testing/allocator/moment.ts";
import { ReferenceModel } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../../support/paged-allocator.ts";

const SIZES = { blockCount: 8, blockSize: 1, maxTokens: 8, windows: [2], hostBlockCount: 2 };

test("a law is skipped for want of capabilities or of a method", () => {
  const allocator = Object.assign(new PagedAllocator(SIZES), { capabilities: { exact: true } });
  expect(skipReason({ needs: [] }, allocator)).toBeNull();
  expect(skipReason({ needs: ["exact"], needsMethod: "bytes" }, allocator)).toBeNull();
  expect(skipReason({ needs: ["exact", "plans", "fork"] }, allocator)).toBe(
    "the allocator does not declare plans, fork",
  );
  expect(skipReason({ needs: [], needsMethod: "checkInvariants" }, allocator)).toBe(
    "the allocator has no checkInvariants()",
  );
});

test("tables are copied, without those of sequences in host memory", () => {
  const allocator = new PagedAllocator(SIZES);
  const model = new ReferenceModel(SIZES, allocator.capabilities);
  for (const number of [0, 1]) {
    allocator.allocate(number, [number, 5], NO_DOMAIN);
    model.allocate(number, [number, 5], NO_DOMAIN, 0);
  }
  allocator.swapOut(1);
  model.swap(1, true);
  const tables = copyTables(allocator, model, 1);
  allocator.free(0);
  expect([...tables]).toEqual([[0, [[0, 1]]]]);
});

test("held blocks are those that any table names", () => {
  expect([
    ...heldBlocks(
      new Map([
        [0, [[1, -1], [2]]],
        [1, [[1]]],
      ]),
    ),
  ]).toEqual([1, 2]);
});
