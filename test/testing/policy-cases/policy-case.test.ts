import { expect, test } from "vitest";
import { drawRequest, drawRunning, produce } from "../../../src/testing/policy-cases/policy-case.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";

test("a seed draws the same requests, within their lengths", () => {
  for (let seed = 0; seed < 50; seed++) {
    const [a, b] = [drawRequest(new SeededRandom(seed), 7, 3), drawRequest(new SeededRandom(seed), 7, 3)];
    expect(a).toEqual(b);
    expect([a.order, a.arrival, a.deadline > 3, a.maxLength > a.promptTokenCount]).toEqual([7, 3, true, true]);
  }
});

test("running ones have progress that running requests may have", () => {
  for (const request of drawRunning(new SeededRandom(1), 60)) {
    const { state, tokenCount, promptTokenCount, computedTokenCount, maxLength } = request;
    expect([
      state,
      tokenCount >= promptTokenCount,
      tokenCount < maxLength,
      computedTokenCount < tokenCount,
      computedTokenCount >= 0,
    ]).toEqual(["running", true, true, true, true]);
  }
});

test("produce adds tokens, and leaves room for all that may come", () => {
  const request = drawRequest(new SeededRandom(1), 0, 0, { promptTokenIds: [5, 6], maxTokens: 3 });
  produce(request, 2);
  expect([request.tokenCount, [...request.tokens]]).toEqual([4, [5, 6, 0, 0, 0]]);
});
