import * as z from "zod";
import { MAX_TOP_LOGPROBS } from "../../config.ts";
import type { SamplingParams } from "../../sampling-params.ts";
import type { ServerLimits } from "../limits.ts";
import type { JobRequest } from "./job.ts";
import { structuredOutputsSchema } from "./response-format.ts";
import { atMost, decimal, flagSchema, integer, optional, textSchema } from "./schema.ts";

/** Longest `cache_salt` and names of users, as vLLM has it. */
const MAX_NAME = 1024;

/** Largest id of a vocabulary. */
const MAX_TOKEN_ID = 2 ** 31 - 1;

/** The fields that chat and completion requests share: OpenAI's, and vLLM's additions. */
export function samplingFields(limits: ServerLimits) {
  return {
    model: optional(z.string("must be the name of a model")),
    stream: optional(flagSchema),
    stream_options: optional(
      z.strictObject(
        {
          include_usage: optional(flagSchema),
          include_obfuscation: optional(flagSchema),
        },
        "must be an object",
      ),
    ),
    n: optional(integer(1, limits.choices)),
    temperature: optional(decimal(0, 100)),
    top_p: optional(z.number("must be in (0, 1]").refine((p) => p > 0 && p <= 1, { error: "must be in (0, 1]" })),
    top_k: optional(integer(-1, MAX_TOKEN_ID)),
    min_p: optional(decimal(0, 1)),
    seed: optional(integer(0)),
    presence_penalty: optional(decimal(-2, 2)),
    frequency_penalty: optional(decimal(-2, 2)),
    repetition_penalty: optional(z.number("must be a number above 0").gt(0, { error: "must be a number above 0" })),
    logit_bias: optional(logitBias(limits)),
    min_tokens: optional(integer(0)),
    structured_outputs: optional(structuredOutputsSchema),
    stop: optional(
      z.union([stopString, atMost(stopString, limits.stops, "texts")], {
        error: `must be a text or a list of ${limits.stops} texts at most, none of them empty`,
      }),
    ),
    stop_token_ids: optional(atMost(integer(0, MAX_TOKEN_ID), limits.stops, "token ids")),
    ignore_eos: optional(flagSchema),
    skip_special_tokens: optional(flagSchema),
    priority: optional(integer(-(2 ** 31), 2 ** 31 - 1)),
    cache_salt: optional(name("must be a text of 1 to 1024 characters")),
    user: optional(name("must be a text of 1 to 1024 characters")),
    request_id: optional(name("must be a text of 1 to 1024 characters")),
    return_token_ids: optional(flagSchema),
  };
}

const stopString = textSchema.min(1, "must not be empty");

/** Ids as JSON's keys, which are texts. */
function logitBias({ logitBias: most }: ServerLimits) {
  const error = `must be an object of ${most} token ids at most, each with a number from -100 to 100`;
  const bias = z.record(z.string().regex(/^(?:0|[1-9]\d{0,9})$/, error), decimal(-100, 100), error);
  return bias.refine((given) => Object.keys(given).length <= most, { error });
}

function name(error: string): z.ZodString {
  return z.string(error).min(1, error).max(MAX_NAME, error);
}

/** `logprobs` of completions and `top_logprobs` of chats. */
export const topLogprobs = integer(0, MAX_TOP_LOGPROBS);

type SamplingFields = {
  readonly [K in keyof ReturnType<typeof samplingFields>]?: z.infer<ReturnType<typeof samplingFields>[K]>;
};

/** What the shared fields say of a job. `seed` is taken where the body has none. */
export function sharedFields(body: SamplingFields, seed: number) {
  return {
    model: body.model ?? null,
    stream: body.stream ?? false,
    requestId: body.request_id ?? null,
    includeUsage: body.stream_options?.include_usage ?? false,
    returnTokenIds: body.return_token_ids ?? false,
    request: engineFields(body, seed),
  };
}

function engineFields(body: SamplingFields, seed: number): JobRequest {
  return {
    sampling: samplingOf(body, seed),
    n: body.n ?? 1,
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    stopTokenIds: body.stop_token_ids ?? [],
    ignoreStopTokenIds: body.ignore_eos ?? false,
    skipSpecialTokens: body.skip_special_tokens ?? true,
    priority: body.priority ?? 0,
    cacheSalt: body.cache_salt ?? "",
    client: body.user ?? "",
  };
}

/** OpenAI's defaults, which are not the engine's. */
function samplingOf(body: SamplingFields, seed: number): Partial<SamplingParams> {
  return {
    temperature: body.temperature ?? 1,
    topP: body.top_p ?? 1,
    // -1 is vLLM's way to say "all".
    topK: Math.max(0, body.top_k ?? 0),
    minP: body.min_p ?? 0,
    seed: body.seed ?? seed,
    ...penaltiesOf(body),
  };
}

function penaltiesOf(body: SamplingFields): Partial<SamplingParams> {
  return {
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    repetitionPenalty: body.repetition_penalty ?? 1,
    logitBias: body.logit_bias ?? {},
    minTokens: body.min_tokens ?? 0,
  };
}
