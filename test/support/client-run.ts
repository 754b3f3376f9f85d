import type { QueuePolicy } from "../../src/policies/queue/queue-policy.ts";
import type { Request } from "../../src/request.ts";
import { PolicyRun, promptOf } from "./policy-run.ts";

const PROMPT_WEIGHT = 1;
const OUTPUT_WEIGHT = 2;
const POOL_BLOCKS = 24;
const STEPS = 1500;

/** What each client asks for: short prompts and long answers, the reverse, and ten times as many of both. */
const CLIENTS = {
  a: { prompt: 20, maxTokens: 40, atATime: 4, family: 1 },
  b: { prompt: 90, maxTokens: 6, atATime: 4, family: 2 },
  flood: { prompt: 50, maxTokens: 20, atATime: 40, family: 3 },
};

type Client = keyof typeof CLIENTS;

/**
 * How three clients fare who all always have requests waiting. Service is weighted tokens, a prompt's at its admission.
 */
export interface ClientReport {
  readonly served: Readonly<Record<Client, number>>;
  /** The greatest difference, over any stretch of time, between what `a` and `b` got. */
  readonly gap: number;
  /** 2 max(p L, o M). */
  readonly bound: number;
  /** Of all tokens, the share that the cache had. */
  readonly hitRate: number;
}

/** `shared`: tokens that all prompts of one client begin with. */
export function runClients(queue: QueuePolicy, shared = 0): ClientReport {
  const run = new PolicyRun({ blockCount: POOL_BLOCKS, tokenBudget: 64, maxRequests: 8, queue });
  const served: Record<Client, number> = { a: 0, b: 0, flood: 0 };
  const waiting = new Map<Request, Client>();
  let [low, high] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    refill(run, waiting, shared);
    for (const { client } of run.step()) served[client as Client] += OUTPUT_WEIGHT;
    for (const [request, client] of waiting) {
      if (request.state === "waiting") continue;
      waiting.delete(request);
      served[client] += PROMPT_WEIGHT * (request.promptTokenCount - request.cachedTokenCount);
    }
    low = Math.min(low, served.a - served.b);
    high = Math.max(high, served.a - served.b);
  }
  const { cachedTokens, scheduledTokens } = run.scheduler.stats();
  return {
    served,
    gap: high - low,
    hitRate: cachedTokens / (cachedTokens + scheduledTokens),
    bound: 2 * Math.max(PROMPT_WEIGHT * CLIENTS.b.prompt, OUTPUT_WEIGHT * POOL_BLOCKS * 16),
  };
}

/** Everybody has as many waiting as he likes. */
function refill(run: PolicyRun, waiting: Map<Request, Client>, shared: number): void {
  for (const client of ["flood", "a", "b"] as const) {
    const { prompt, maxTokens, atATime, family } = CLIENTS[client];
    const lacking = atATime - [...waiting.values()].filter((each) => each === client).length;
    for (let i = 0; i < lacking; i++) {
      const promptTokenIds = promptOf(prompt, run.requests.length, { family, shared: Math.min(shared, prompt - 1) });
      waiting.set(run.submit({ promptTokenIds, maxTokens, client }), client);
    }
  }
}
