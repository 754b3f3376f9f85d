/** Memory grows with the tokens that there are, not with those that a request may have. */
import { expect, test } from "vitest";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

test.each([false, true])(
  "150 running requests of few tokens that may have a million each take kilobytes, with windows %s",
  (windowed) => {
    const groups = [{ window: windowed ? 64 : null }];
    const scheduler = new Scheduler({
      blockCount: 70_000,
      blockSize: 16,
      contextLength: 1_100_000,
      maxRequests: 150,
      groups,
      admission: { name: "any", missingBlocks: () => 0 },
    });
    const before = process.memoryUsage().arrayBuffers;
    const requests = Array.from({ length: 150 }, (_, id) =>
      scheduler.submit({ id, promptTokenIds: [1, 2, id], maxTokens: 1e6 }, 0),
    );
    for (let step = 0; step < 40; step++) {
      const plan = scheduler.schedule(0)!;
      scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(5) }, 0);
    }
    expect(requests.every(({ outputTokenCount }) => outputTokenCount === 40)).toBe(true);
    expect(requests.reduce((sum, { tokens }) => sum + tokens.byteLength, 0)).toBeLessThan(150 * 4096);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4e6);
  },
);

test("tokens and tables grow past their first arrays, decoding side by side or alone, with several choices, and stay right", () => {
  const scheduler = new Scheduler({ blockCount: 600, blockSize: 4, contextLength: 3000, maxRequests: 4 });
  const ended: number[][] = [];
  const all = [
    scheduler.submit({ id: "a", promptTokenIds: [1, 2, 3], maxTokens: 700 }, 0),
    scheduler.submit({ id: "b", promptTokenIds: [4, 5], maxTokens: 560, n: 2 }, 0),
  ];
  for (let plan = scheduler.schedule(0), step = 0; plan !== null; plan = scheduler.schedule(0), step++) {
    const { requests, tokenCount } = scheduler.commit(
      plan,
      { tokenIds: Int32Array.from({ length: plan.sampleCount }, (_, s) => plan.positions[plan.sampleRows[s]] + 1) },
      0,
    );
    for (let i = 0; i < tokenCount; i++) {
      if (requests[i].state === "finished") ended.push([requests[i].promptTokenCount, requests[i].outputTokenCount]);
    }
    if (step === 300) scheduler.pause("a", 0);
    if (step === 310) scheduler.resume("a", 0);
  }
  expect(ended.toSorted(([a], [b]) => a - b)).toEqual([
    [2, 560],
    [2, 560],
    [3, 700],
  ]);
  for (const request of all) {
    expect(request.outputTokenIds().every((id, i) => id === request.promptTokenCount + i)).toBe(true);
  }
});
