import { expect, test } from "vitest";
import { roundRobin } from "../../../src/sim/index.ts";

test("each replica has its turn", () => {
  const route = roundRobin();
  const replicas = [0, 5, 9].map((requestCount) => ({ requestCount, heldBlocks: 0, blockCount: 10 }));
  const arrival = { at: 0, promptTokens: 1, outputTokens: 1 };
  expect(Array.from({ length: 5 }, () => route.route(arrival, replicas))).toEqual([0, 1, 2, 0, 1]);
});
