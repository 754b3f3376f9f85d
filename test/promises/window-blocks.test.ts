import { describe, expect, test } from "vitest";
import { Scheduler } from "../../src/scheduler/scheduler.ts";

const BLOCK_SIZE = 16;
const BLOCK_COUNT = 600;

/** Tokens that each request decodes: far more than any window. */
const LENGTH = 3000;

/** Blocks that a request holds in a windowed group once its prompt is computed (docs/kv-cache.md). */
const mostBlocks = (window: number): number => Math.ceil(window / BLOCK_SIZE) + 1;

describe("in a long run a windowed group holds no more blocks than its window needs", () => {
  test.each<[string, readonly (number | null)[]]>([
    ["a window on every layer, as Mistral", [48]],
    ["every other layer, as Gemma 2", [null, 32]],
    ["windows of two lengths beside full layers", [null, 100, 17]],
  ])("%s", (_, windows) => {
    const groups = windows.map((window) => ({ window }));
    const scheduler = new Scheduler({
      blockCount: BLOCK_COUNT,
      blockSize: BLOCK_SIZE,
      tokenBudget: 64,
      contextLength: LENGTH + 200,
      groups,
    });
    for (const [id, length] of [
      ["a", 150],
      ["b", 7],
    ] as const) {
      scheduler.submit({ id, promptTokenIds: Int32Array.from({ length }, (_unused, i) => i), maxTokens: LENGTH }, 0);
    }
    let steps = 0;
    for (let plan = scheduler.schedule(0); plan !== null; plan = scheduler.schedule(0)) {
      scheduler.commit(plan, { tokenIds: new Int32Array(plan.sampleCount).fill(5) }, 0);
      steps++;
      for (const id of ["a", "b"]) {
        const isDecoding = (scheduler.explain(id)?.tokenCount ?? 0) > 150 + 64;
        if (!isDecoding) continue;
        for (const [g, table] of scheduler.blockTables(id)!.entries()) {
          const window = windows[g];
          if (window !== null) {
            expect(table.filter((block) => block > 0).length).toBeLessThanOrEqual(mostBlocks(window));
          }
        }
      }
    }
    expect(steps).toBeGreaterThanOrEqual(LENGTH);
    expect(scheduler.stats().heldBlocks).toBe(0);
  });
});
