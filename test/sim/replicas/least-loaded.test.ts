import { expect, test } from "vitest";
import { leastLoaded } from "../../../src/sim/index.ts";

const replica = (requestCount: number, heldBlocks = 0) => ({ requestCount, heldBlocks, blockCount: 10 });
const arrival = { at: 0, promptTokens: 1, outputTokens: 1 };

test("fewest requests first, then fewest blocks, then the first", () => {
  const route = leastLoaded();
  expect(route.route(arrival, [replica(3), replica(1), replica(2)])).toBe(1);
  expect(route.route(arrival, [replica(1, 9), replica(1, 4), replica(1, 4)])).toBe(1);
});
