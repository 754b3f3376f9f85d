import { describe, expect, test } from "vitest";
import { BlockPool } from "../../src/blocks/block-pool.ts";
import { drawPool, poolMap } from "../../src/blocks/inspect.ts";

/** Free, cached, held by one, by three, and by twelve. */
function pool(): BlockPool {
  const blocks = new BlockPool(70);
  const [cached, one, three, twelve] = [1, 2, 3, 4].map(() => blocks.acquire());
  blocks.label(cached, 1);
  blocks.release(cached);
  blocks.label(one, 2);
  for (let i = 1; i < 3; i++) blocks.share(three);
  for (let i = 1; i < 12; i++) blocks.share(twelve);
  return blocks;
}

describe("poolMap", () => {
  test("has a character for each block", () => {
    expect(poolMap(pool())).toEqual({ blockCount: 70, free: 66, cached: 1, held: 3, blocks: `c13+${".".repeat(66)}` });
  });

  test("counts up to nine holders", () => {
    const blocks = new BlockPool(2);
    const [nine, ten] = [blocks.acquire(), blocks.acquire()];
    for (let i = 1; i < 9; i++) blocks.share(nine);
    for (let i = 1; i < 10; i++) blocks.share(ten);
    expect(poolMap(blocks).blocks).toBe("9+");
  });

  test("is plain data", () => expect(JSON.parse(JSON.stringify(poolMap(pool())))).toEqual(poolMap(pool())));
});

test("drawPool lays it out, 64 a line", () => {
  expect(drawPool(poolMap(pool())).split("\n")).toEqual([
    "70 blocks: 66 free (.), 1 cached (c), 3 held (1-9, +)",
    ` 1 c13+${".".repeat(60)}`,
    `65 ${".".repeat(6)}`,
  ]);
});

test("drawPool ends with the last full line", () => {
  expect(drawPool(poolMap(new BlockPool(64))).split("\n")).toEqual([
    "64 blocks: 64 free (.), 0 cached (c), 0 held (1-9, +)",
    ` 1 ${".".repeat(64)}`,
  ]);
});
