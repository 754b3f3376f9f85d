import type { ChunkPolicy } from "./chunk-policy.ts";

/**
 * Shares what is left equally, in whole blocks: each prompt gets its share, or all that it needs, or what those behind
 * it leave over. No prompt waits for a longer one, and all end late; the budget is used up while anybody lacks tokens.
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
