import type { ChunkPolicy } from "./chunk-policy.ts";

/**
 * Shares the budget equally, in whole blocks: each prompt gets its share, or all that it needs, or what later prompts
 * leave over. No prompt waits for a longer one, and all end late; the budget is used up while any prompt lacks tokens.
 * Source: TensorRT-LLM's EQUAL_PROGRESS.
 */
export function equalProgress(): ChunkPolicy {
  return {
    name: "equal-progress",
    chunk(_request, gap, { remaining, prefillsLeft, gapLeft, blockSize }) {
      const share = Math.max(blockSize, Math.floor(remaining / prefillsLeft / blockSize) * blockSize);
      const leftOver = remaining - (gapLeft - gap);
      return Math.min(gap, remaining, Math.max(share, leftOver));
    },
  };
}
