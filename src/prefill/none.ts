import type { ChunkPolicy } from "./chunk-policy.ts";

/**
 * Prompts are computed in one piece, or wait for a step that has room: a prompt beyond the budget is refused at submit.
 * The decodes of that step wait for the whole prompt. Only what cannot be whole is divided: a prompt that ran out of
 * blocks goes on in pieces, and so does a preempted request that outgrew the budget with its answer. Source: Orca (OSDI
 * '22).
 */
export function none(): ChunkPolicy {
  return {
    name: "none",
    wholePrompts: true,
    chunk(request, gap, { budget, remaining }) {
      if (gap <= remaining) return gap;
      return request.state === "running" || gap > budget ? remaining : 0;
    },
  };
}
