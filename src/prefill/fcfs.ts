import type { ChunkPolicy } from "./chunk-policy.ts";

/**
 * First come, first served: each prompt takes what it needs of what is left.
 * Decodes had their tokens before, so no prompt delays them by more than the budget. Source: Sarathi-Serve (arXiv
 * 2403.02310), stall-free batching.
 */
export function fcfs(): ChunkPolicy {
  return { name: "fcfs", chunk: (_request, gap, step) => Math.min(gap, step.remaining) };
}
