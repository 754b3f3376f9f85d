import type { BlockPool, BlockState } from "./block-pool.ts";

/** The pool at a glance. */
export interface PoolMap {
  readonly blockCount: number;
  readonly free: number;
  readonly cached: number;
  readonly held: number;
  /** [blockCount] one character a block, by id from 1: `.` free, `c` cached, 1-9 how many hold it, `+` more. */
  readonly blocks: string;
}

const LINE = 64;

/** Reads the pool into plain data: `JSON.stringify` it, or give it to `drawPool`. O(blockCount). */
export function poolMap(pool: BlockPool): PoolMap {
  let blocks = "";
  for (let block = 1; block <= pool.blockCount; block++) blocks += mark(pool.inspect(block));
  return { blockCount: pool.blockCount, free: pool.freeCount, cached: pool.cachedCount, held: pool.heldCount, blocks };
}

/** The map as text: a line of counts, then 64 blocks a line, each with the id of its first. */
export function drawPool(map: PoolMap): string {
  const lines = [`${map.blockCount} blocks: ${map.free} free (.), ${map.cached} cached (c), ${map.held} held (1-9, +)`];
  const width = String(map.blockCount).length;
  for (let at = 0; at < map.blocks.length; at += LINE) {
    lines.push(`${String(at + 1).padStart(width)} ${map.blocks.slice(at, at + LINE)}`);
  }
  return lines.join("\n");
}

function mark({ state, references }: { state: BlockState; references: number }): string {
  if (state === "free") return ".";
  if (state === "cached") return "c";
  return references > 9 ? "+" : String(references);
}
