import type { EvictionPolicy } from "../../blocks/eviction.ts";
import type { AdmissionPolicy } from "../../policies/admission/admission-policy.ts";
import type { BudgetPolicy } from "../../policies/budget/budget-policy.ts";
import type { PreemptionPolicy } from "../../policies/preemption/preemption-policy.ts";
import type { QueuePolicy } from "../../policies/queue/queue-policy.ts";
import type { ChunkPolicy } from "../../prefill/chunk-policy.ts";
import { Request, type RequestInput } from "../../request.ts";
import type { SchedulerOptions } from "../../scheduler/options.ts";
import type { SeededRandom } from "../seeded-random.ts";

/** Makes the policies to test: a new object each time, for each serves one scheduler. */
export interface PolicyMakers {
  readonly queue?: () => QueuePolicy;
  readonly admission?: () => AdmissionPolicy;
  readonly preemption?: () => PreemptionPolicy;
  readonly chunking?: () => ChunkPolicy;
  /** `maxTokens`: most that the policy may ever give. */
  readonly budget?: (maxTokens: number) => BudgetPolicy;
  readonly eviction?: () => EvictionPolicy;
}

/** One policy object of each kind that has a maker, for a scheduler of steps of at most `maxTokens`. */
export function policyOptions(
  { queue, admission, preemption, chunking, budget, eviction }: PolicyMakers,
  maxTokens: number,
): Partial<SchedulerOptions> {
  return {
    queue: queue?.(),
    admission: admission?.(),
    preemption: preemption?.(),
    chunking: chunking?.(),
    budget: budget?.(maxTokens),
    eviction: eviction?.(),
  };
}

/** A rule, tried with one seed. Throws where the policy breaks it. */
export interface PolicyCase {
  readonly name: string;
  run(random: SeededRandom): void;
}

const CONTEXT_LENGTH = 2000;

/** A request as policies see it, number `order`, with progress as given. */
export function drawRequest(random: SeededRandom, order: number, now = 0, given: Partial<RequestInput> = {}): Request {
  const promptLength = random.pick([1, 3, random.integer(1, 50), random.integer(1, 1000)]);
  const beginning = random.integer(0, 2);
  return new Request(
    {
      id: order,
      promptTokenIds: Array.from({ length: promptLength }, () => beginning),
      maxTokens: random.integer(1, 900),
      priority: random.integer(-2, 2),
      client: `client ${random.integer(0, 4)}`,
      deadline: random.chance(0.5) ? now + random.integer(1, 100) : undefined,
      ...given,
    },
    { contextLength: CONTEXT_LENGTH, order, now },
  );
}

/** Running requests, in order of admission, with random progress. */
export function drawRunning(random: SeededRandom, count: number): Request[] {
  return Array.from({ length: count }, (_, order) => {
    const request = drawRequest(random, order);
    request.become("running");
    produce(request, random.chance(0.5) ? 0 : random.integer(0, request.maxLength - request.promptTokenCount - 1));
    request.computedTokenCount = random.chance(0.5)
      ? request.tokenCount - 1
      : random.integer(0, request.tokenCount - 1);
    return request;
  });
}

/** Tokens that came out; zeros. */
export function produce(request: Request, count: number): void {
  const tokens = new Int32Array(request.maxLength);
  tokens.set(request.tokens.subarray(0, request.tokenCount));
  request.tokens = tokens;
  request.tokenCount += count;
}
