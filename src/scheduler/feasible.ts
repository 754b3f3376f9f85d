import { InfeasibleRequestError } from "../errors.ts";
import type { RequestView } from "../request.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";

/** Throws `InfeasibleRequestError` where the request would not fit even alone. `blocks`: what it needs at most. */
export function assertFeasible(request: RequestView, options: ResolvedSchedulerOptions, blocks: number): void {
  const { contextLength, blockCount, chunking, budget } = options;
  const { promptTokenCount, maxLength } = request;
  if (promptTokenCount > contextLength) {
    throw new InfeasibleRequestError(`the prompt has ${promptTokenCount} tokens, the context is ${contextLength}`);
  }
  if (promptTokenCount === contextLength) {
    throw new InfeasibleRequestError(
      `the prompt fills the context of ${contextLength} tokens, no room is left for an answer`,
    );
  }
  if (blocks > blockCount) {
    throw new InfeasibleRequestError(
      `prompt and answer of ${maxLength} tokens need ${blocks} blocks, the pool has ${blockCount}`,
    );
  }
  if (chunking.wholePrompts === true && promptTokenCount > budget.maxTokens) {
    throw new InfeasibleRequestError(
      `the prompt has ${promptTokenCount} tokens, a step takes ${budget.maxTokens}, ` +
        `and chunk policy ${chunking.name} does not divide prompts`,
    );
  }
}
