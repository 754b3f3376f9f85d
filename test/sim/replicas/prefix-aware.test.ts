import { expect, test } from "vitest";
import { prefixAware } from "../../../src/sim/index.ts";

const replica = (requestCount: number) => ({ requestCount, heldBlocks: 0, blockCount: 10 });
const asks = (pieces: readonly number[]) => ({ at: 0, promptTokens: 64, outputTokens: 1, pieces, pieceTokens: 16 });

test("a beginning goes where it was sent, others where there is least to do", () => {
  const route = prefixAware();
  expect(route.route(asks([1, 2, 3]), [replica(5), replica(0)])).toBe(1);
  expect(route.route(asks([1, 2, 4]), [replica(0), replica(0)])).toBe(1);
  expect(route.route(asks([9]), [replica(0), replica(1)])).toBe(0);
});

test("a short common beginning does not outweigh a queue", () => {
  const route = prefixAware();
  route.route(asks([1, 2, 3, 4, 5, 6, 7, 8]), [replica(9), replica(0)]);
  expect(route.route(asks([1, 20, 30, 40, 50, 60, 70, 80]), [replica(0), replica(40)])).toBe(0);
});

test("a session's history is a beginning, and its next turn continues it", () => {
  const route = prefixAware();
  const history = Int32Array.from({ length: 512 }, (_, i) => i);
  const turn = (length: number) => ({
    at: 0,
    promptTokens: length + 10,
    outputTokens: 1,
    history: history.subarray(0, length),
  });
  expect(route.route(turn(256), [replica(1), replica(0)])).toBe(1);
  expect(route.route(turn(512), [replica(0), replica(0)])).toBe(1);
});
