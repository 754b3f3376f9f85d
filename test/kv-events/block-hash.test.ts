import { expect, test } from "vitest";
import { blockHash } from "../../src/kv-events/block-hash.ts";

const plain = { salt: "", adapterId: 0 };

/** By another implementation (Python's hashlib): every server has to agree with these. */
test("hashes are these, for ever", () => {
  const first = blockHash(null, [1, 2, 3, 4], plain);
  expect(first.toString(16)).toBe("71cd7e184406ae10");
  expect(blockHash(first, [5, 6, 7, 8], plain).toString(16)).toBe("c614cb78853eca5a");
  expect(blockHash(null, [1, 2, 3, 4], { salt: "key é", adapterId: 7 }).toString(16)).toBe("f3241038aae7de03");
});

test("parent, tokens, salt and adapter all count", () => {
  const hashes = [
    blockHash(null, [1, 2], plain),
    blockHash(0n, [1, 2], plain),
    blockHash(1n, [1, 2], plain),
    blockHash(null, [2, 1], plain),
    blockHash(null, [1, 2, 0], plain),
    blockHash(null, [1, 2], { salt: "a", adapterId: 0 }),
    blockHash(null, [1, 2], { salt: "", adapterId: 1 }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});
