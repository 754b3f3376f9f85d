import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backends/reference/index.ts";
import { type Share, sharesOf, watchBackend } from "../../../src/cli/demo/watch-backend.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { backendConformance, randomModel } from "../../../src/testing/index.ts";

const sizes = { model: randomModel(1), blockCount: 12, blockSize: 4, maxTokens: 8, maxRequests: 3 };

test("every token of a plan has its request, prompts in chunks and shared beginnings too", async () => {
  const steps: { tokenCount: number; shares: Share[] }[] = [];
  const backend = watchBackend(createReferenceBackend(sizes), (plan) => {
    steps.push({ tokenCount: plan.tokenCount, shares: sharesOf(plan) });
  });
  const engine: Engine = new Engine({ backend });
  const prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const streams = ["a", "b", "c"].map((id, i) =>
    engine.submit({ id, promptTokenIds: [...prompt, 20 + i], maxTokens: 4 }),
  );
  const outputs = await Promise.all(streams.map((stream) => stream.completion()));
  for (const { tokenCount, shares } of steps) {
    expect(shares.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(tokenCount);
  }
  expect(outputs.map(({ tokenIds }) => tokenIds.length)).toEqual([4, 4, 4]);
  const tokensOf = (id: string): number =>
    steps
      .flatMap(({ shares }) => shares.filter((share) => share.id === id))
      .reduce((sum, { tokens }) => sum + tokens, 0);
  const prefill = prompt.length + 1;
  const decode = 4 - 1; // the last token is never read
  expect(tokensOf("a")).toBe(prefill + decode);
  expect(tokensOf("a") + tokensOf("b") + tokensOf("c")).toBe(3 * (prefill + decode) - engine.stats().cachedTokens);
  expect(steps.reduce((sum, { tokenCount }) => sum + tokenCount, 0)).toBe(engine.stats().scheduledTokens);
  await engine.dispose();
});

describe("a watched backend is a backend like the one it watches", () => {
  const cases = backendConformance(
    (asked) => Promise.resolve(watchBackend(createReferenceBackend({ model: sizes.model, ...asked }), () => {})),
    { blockSizes: [4] },
  );
  test.each(cases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    await expect(each.run()).resolves.toBeUndefined();
  });
});
