import { expect, test } from "vitest";
import { answerOf } from "../../src/testing/driven-request.ts";
import { PromptSource } from "../../src/testing/prompt-source.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

test("numbers its requests, whose prompts are never empty and often begin alike", () => {
  const source = new PromptSource(new SeededRandom(2));
  const inputs = Array.from({ length: 200 }, () => source.draw(100, null));
  expect([source.count, inputs.map(({ id }) => id)]).toEqual([200, inputs.map((_, i) => i)]);
  expect(Math.min(...inputs.map(({ promptTokenIds }) => promptTokenIds.length))).toBeGreaterThan(0);
  const beginnings = inputs.map(({ promptTokenIds }) => promptTokenIds.slice(0, 8).join());
  expect(new Set(beginnings).size).toBeLessThan(100);
});

test("its stop ids are ones that the answer has", () => {
  const source = new PromptSource(new SeededRandom(3));
  for (let i = 0; i < 100; i++) {
    const { promptTokenIds, maxTokens, stopTokenIds = [] } = source.draw(60, 4);
    if (stopTokenIds.length > 0) {
      expect(answerOf(promptTokenIds, Math.min(60, promptTokenIds.length + maxTokens), 4).tokenIds).toContain(
        stopTokenIds[0],
      );
    }
  }
});

test("some have a salt or an adapter, of which some look alike", () => {
  const source = new PromptSource(new SeededRandom(4));
  const inputs = Array.from({ length: 400 }, () => source.draw(60, null));
  const share = (of: (input: (typeof inputs)[number]) => boolean): number => inputs.filter(of).length / inputs.length;
  expect(share(({ cacheSalt }) => cacheSalt === "x")).toBeCloseTo(0.1, 1);
  expect(share(({ cacheSalt }) => cacheSalt !== "" && cacheSalt !== "x")).toBeCloseTo(0.1, 1);
  expect(new Set(inputs.map(({ cacheSalt }) => cacheSalt))).toEqual(new Set(["", "x", "X", "x "]));
  expect(new Set(inputs.map(({ adapterId }) => adapterId))).toEqual(new Set([0, 1, 257]));
});
