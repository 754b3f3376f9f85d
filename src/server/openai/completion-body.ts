import * as z from "zod";
import type { ServerLimits } from "../limits.ts";
import { ApiError } from "./api-error.ts";
import type { Job, JobPrompt } from "./job.ts";
import { formatFields } from "./response-format.ts";
import { samplingFields, sharedFields, topLogprobs } from "./sampling-fields.ts";
import { flagSchema, integer, only, optional, parseBody } from "./schema.ts";

/** OpenAI's default. */
const DEFAULT_MAX_TOKENS = 16;

/** The body of `/v1/completions`. */
export function completionSchema(limits: ServerLimits) {
  const tokenIds = z.array(integer(0, 2 ** 31 - 1)).min(1);
  return z.strictObject(
    {
      ...samplingFields(limits),
      prompt: z.union(
        [
          z.string(),
          tokenIds,
          z.array(z.string()).min(1).max(limits.prompts),
          z.array(tokenIds).min(1).max(limits.prompts),
        ],
        { error: `must be a text, a list of token ids, or a list of ${limits.prompts} of these at most` },
      ),
      max_tokens: optional(integer(1)),
      echo: optional(flagSchema),
      logprobs: optional(topLogprobs),
      best_of: optional(integer(1, limits.choices)),
      suffix: only("", "this server does not fill in"),
    },
    "must be a JSON object",
  );
}

export type CompletionBody = z.infer<ReturnType<typeof completionSchema>>;

/** What a completion asks for, and how its answer is written. */
export interface CompletionJob extends Job {
  readonly echo: boolean;
  readonly includeUsage: boolean;
  readonly returnTokenIds: boolean;
}

/** Reads a body. Throws `ApiError`. `seed` is taken where the body has none. */
export function completionJob(body: unknown, schema: ReturnType<typeof completionSchema>, seed: number): CompletionJob {
  const parsed = parseBody(schema, body);
  const { n = 1, best_of: bestOf, echo, logprobs } = parsed;
  if (bestOf !== undefined && bestOf !== null && bestOf !== (n ?? 1)) {
    throw new ApiError(400, `best_of must be n, which is ${n ?? 1}, got ${bestOf}`, { param: "best_of" });
  }
  const { request, ...shared } = sharedFields(parsed, seed);
  const sampling = { ...request.sampling, ...(typeof logprobs === "number" && { logprobs }) };
  const scored = echo === true && typeof logprobs === "number" && { promptLogprobs: logprobs };
  return {
    ...shared,
    operation: "text_completion",
    prompts: promptsOf(parsed.prompt),
    maxTokens: parsed.max_tokens ?? DEFAULT_MAX_TOKENS,
    request: { ...request, sampling, ...scored, ...formatFields(null, parsed.structured_outputs) },
    echo: echo ?? false,
  };
}

function promptsOf(prompt: CompletionBody["prompt"]): JobPrompt[] {
  if (typeof prompt === "string") return [{ kind: "text", text: prompt }];
  if (typeof prompt[0] === "number") return [{ kind: "ids", tokenIds: prompt as number[] }];
  return (prompt as (string | number[])[]).map((each) =>
    typeof each === "string" ? { kind: "text", text: each } : { kind: "ids", tokenIds: each },
  );
}
