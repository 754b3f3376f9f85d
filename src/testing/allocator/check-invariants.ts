import { assert } from "../../assert.ts";
import type { Allocator } from "./allocator.ts";

/** What the driver of an allocator knows of it. */
export interface AllocatorView {
  readonly blockCount: number;
  readonly blockSize: number;
  /** Groups of layers. Default 1. */
  readonly groupCount?: number;
  /** Tokens by sequence, of sequences that hold device blocks. */
  readonly sequences: ReadonlyMap<number, number>;
}

/**
 * The laws of one moment that need no history, for tests with a driver of their own: blocks add up to the pool, tables
 * name blocks of the pool, none twice, and are long enough. O(blocks). Throws on the first broken one.
 */
export function checkInvariants(allocator: Allocator, view: AllocatorView): void {
  const { blockCount, blockSize, groupCount = 1, sequences } = view;
  const { free, cached, held } = allocator.stats();
  assert(
    free >= 0 && cached >= 0 && held >= 0 && free + cached + held === blockCount,
    () => `${free} free + ${cached} cached + ${held} held is not ${blockCount}`,
  );
  const inTables = new Set<number>();
  for (const [sequence, tokens] of sequences) {
    for (let group = 0; group < groupCount; group++) {
      const table = Array.from(allocator.table(sequence, group));
      const blocks = table.filter((block) => block >= 0);
      assert(
        table.length * blockSize >= tokens,
        () => `sequence ${sequence} has ${tokens} tokens in ${table.length} blocks of ${blockSize}`,
      );
      assert(
        blocks.every((block) => Number.isInteger(block) && block <= blockCount),
        () => `sequence ${sequence} has blocks that the pool has not: ${JSON.stringify(table)}`,
      );
      assert(
        new Set(blocks).size === blocks.length,
        () => `sequence ${sequence} has a block twice: ${JSON.stringify(table)}`,
      );
      for (const block of blocks) inTables.add(block);
    }
  }
  assert(inTables.size <= held, () => `${inTables.size} blocks are in tables, ${held} are held`);
  allocator.checkInvariants?.();
}
