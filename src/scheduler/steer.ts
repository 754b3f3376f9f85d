import { steeringOf } from "../constraints/steering.ts";
import { InfeasibleRequestError, InvalidRequestError } from "../errors.ts";
import type { RequestInput } from "../request.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import type { Sequence } from "./sequence.ts";

/** Most tokens of a vocabulary that masks are made for: 128 KiB a mask. */
const MAX_MASKED_VOCABULARY = 2 ** 20;

/**
 * Gives a new request what its input says of its samples. Throws `InvalidRequestError` for a mask or processor that
 * cannot be used, `InfeasibleRequestError` where its edits may exceed a step's, and what its own code throws.
 */
export function attachSteering(sequence: Sequence, input: RequestInput, options: ResolvedSchedulerOptions): void {
  const { mask, logitsProcessors = [] } = input;
  const { vocabSize, maxEditsPerStep } = options;
  if (mask !== undefined && vocabSize > MAX_MASKED_VOCABULARY) {
    throw new InvalidRequestError(`mask needs a scheduler with a vocabSize of ${MAX_MASKED_VOCABULARY} at most`);
  }
  if (!Array.isArray(logitsProcessors) || logitsProcessors.some((each) => typeof each !== "function")) {
    throw new InvalidRequestError(`logitsProcessors must be an array of functions, got ${String(logitsProcessors)}`);
  }
  const { sampling, stopTokenIds, promptTokenCount, tokens, tokenCount, maxLength } = sequence;
  const steering = steeringOf({
    sampling,
    stopTokenIds,
    promptTokenCount,
    mask: mask?.fork() ?? null,
    processors: logitsProcessors,
    vocabSize,
    maxEdits: maxEditsPerStep,
  });
  if (steering === null) return;
  if (steering.needsHost) steering.prepare(tokens, tokenCount);
  const most = steering.mostEdits(maxLength);
  if (most > maxEditsPerStep) {
    throw new InfeasibleRequestError(
      `a token of the request may take ${most} edits of logits, maxEditsPerStep is ${maxEditsPerStep}`,
    );
  }
  sequence.steerBy(steering);
}

/**
 * Makes the next samples' edits and masks ready. A request ends alone where its own code throws, and where its mask is
 * done and no stop id is there to say so.
 */
export function steer(lifecycle: Lifecycle, now: number): void {
  for (const sequence of lifecycle.steered) {
    if (sequence.pendingCount > 0) continue;
    const steering = sequence.steering!;
    try {
      steering.prepare(sequence.tokens, sequence.tokenCount);
    } catch (error) {
      lifecycle.end(sequence, "error", error instanceof Error ? error : new Error(String(error)), now);
      continue;
    }
    if (steering.isOver) lifecycle.end(sequence, "stop", null, now);
  }
}
