import * as z from "zod";
import type { ChatValue } from "../../chat.ts";
import type { ServerLimits } from "../limits.ts";
import { ApiError } from "./api-error.ts";
import { chatMessages, messagesSchema } from "./chat-messages.ts";
import { conversationFields } from "./conversation-fields.ts";
import type { Job } from "./job.ts";
import { chatFormatSchema, formatFields } from "./response-format.ts";
import { samplingFields, sharedFields, topLogprobs } from "./sampling-fields.ts";
import { atMost, flagSchema, integer, only, optional, parseBody, textSchema } from "./schema.ts";
import { chatToolChoice, forcedTools, functionFields } from "./tool-choice.ts";

/** A function that the model may call. */
const toolSchema = z.strictObject({
  type: z.literal("function", 'must be "function"'),
  function: z.strictObject(functionFields),
});

/** The body of `/v1/chat/completions`. */
export function chatSchema(limits: ServerLimits) {
  return z.strictObject(
    {
      ...samplingFields(limits),
      ...conversationFields,
      messages: messagesSchema(limits),
      max_tokens: optional(integer(1)),
      max_completion_tokens: optional(integer(1)),
      logprobs: optional(flagSchema),
      top_logprobs: optional(topLogprobs),
      tools: optional(atMost(toolSchema, limits.tools, "tools")),
      tool_choice: chatToolChoice,
      response_format: optional(chatFormatSchema),
      chat_template_kwargs: optional(z.record(z.string(), z.unknown(), "must be an object")),
      reasoning_effort: optional(textSchema),
      modalities: optional(z.tuple([z.literal("text")], 'must be ["text"]: this model writes text')),
      store: only(false, "this server stores no answers"),
    },
    "must be a JSON object",
  );
}

export type ChatBody = z.infer<ReturnType<typeof chatSchema>>;

/** What a chat asks for, and how its answer is written. */
export interface ChatJob extends Job {
  /** Whether calls are looked for in the answer. */
  readonly tools: boolean;
  readonly includeUsage: boolean;
  readonly returnTokenIds: boolean;
}

/** Reads a body. Throws `ApiError`. `seed` is taken where the body has none. */
export function chatJob(body: unknown, schema: ReturnType<typeof chatSchema>, seed: number): ChatJob {
  const parsed = parseBody(schema, body);
  const { request, ...shared } = sharedFields(parsed, seed);
  const tools = parsed.tool_choice === "none" ? [] : (parsed.tools ?? []);
  const format = formatFields(parsed.response_format, parsed.structured_outputs);
  const functions = tools.map((tool) => tool.function);
  const forced = forcedTools(parsed.tool_choice, functions, format.responseFormat !== undefined);
  const options = {
    ...(tools.length > 0 && { tools: tools as ChatValue[] }),
    variables: {
      ...(parsed.chat_template_kwargs as Record<string, ChatValue> | undefined),
      ...(typeof parsed.reasoning_effort === "string" && { reasoning_effort: parsed.reasoning_effort }),
    },
  };
  return {
    ...shared,
    operation: "chat",
    prompts: [{ kind: "chat", messages: chatMessages(parsed.messages), options, forced }],
    maxTokens: parsed.max_completion_tokens ?? parsed.max_tokens ?? null,
    request: {
      ...request,
      sampling: { ...request.sampling, ...logprobsOf(parsed) },
      ...format,
    },
    tools: tools.length > 0,
  };
}

function logprobsOf({ logprobs, top_logprobs: top }: ChatBody): { readonly logprobs?: number } {
  if (logprobs === true) return { logprobs: top ?? 0 };
  if (typeof top !== "number" || top === 0) return {};
  throw new ApiError(400, `top_logprobs is ${top}, which needs logprobs: true`, { param: "top_logprobs" });
}
