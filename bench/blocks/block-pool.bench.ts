import { BlockPool } from "../../src/blocks/block-pool.ts";
import type { BenchRow, Suite } from "../bench.ts";

const BLOCKS = 10_000;

export default function (suite: Suite): BenchRow[] {
  const pool = new BlockPool(BLOCKS + 1);
  const held = new Int32Array(BLOCKS);
  suite.add(
    "acquire + release a block",
    () => {
      for (let i = 0; i < BLOCKS; i++) held[i] = pool.acquire();
      for (let i = BLOCKS - 1; i >= 0; i--) pool.release(held[i]);
    },
    { opsPerCall: BLOCKS },
  );
  const shared = pool.acquire();
  suite.add(
    "share + release a held block",
    () => {
      for (let i = 0; i < BLOCKS; i++) {
        pool.share(shared);
        pool.release(shared);
      }
    },
    { opsPerCall: BLOCKS },
  );
  return [{ name: "pool columns a block", note: `${(pool.byteLength / BLOCKS).toFixed(1)} bytes` }];
}
