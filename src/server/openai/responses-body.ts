import * as z from "zod";
import type { ChatValue } from "../../chat.ts";
import type { ServerLimits } from "../limits.ts";
import { FUNCTION_NAME } from "./chat-body.ts";
import { chatMessages } from "./chat-messages.ts";
import type { Job } from "./job.ts";
import { formatFields, responseFormatSchema } from "./response-format.ts";
import { inputSchema, messagesOf } from "./responses-input.ts";
import { samplingFields, sharedFields, topLogprobs } from "./sampling-fields.ts";
import { atMost, integer, only, optional, parseBody } from "./schema.ts";

const toolSchema = z.strictObject({
  type: z.literal("function", 'must be "function": this server runs no tools of its own'),
  name: z.string(FUNCTION_NAME).regex(/^[\w-]{1,64}$/, FUNCTION_NAME),
  description: optional(z.string("must be a text")),
  parameters: optional(z.record(z.string(), z.unknown(), "must be a JSON schema")),
  strict: optional(z.boolean("must be true or false")),
});

const NOT_STORED = "this server stores no answers: send the whole conversation as input";
const LOGPROBS = "message.output_text.logprobs";

/** The body of `/v1/responses`. */
export function responsesSchema(limits: ServerLimits) {
  const { n: _, ...shared } = samplingFields(limits);
  return z.strictObject(
    {
      ...shared,
      input: inputSchema(limits),
      instructions: optional(z.string("must be a text")),
      max_output_tokens: optional(integer(1)),
      top_logprobs: optional(topLogprobs),
      include: optional(z.array(z.enum([LOGPROBS, "reasoning.encrypted_content"], `can be ["${LOGPROBS}"]`))),
      tools: optional(atMost(toolSchema, limits.tools, "tools")),
      tool_choice: optional(z.enum(["none", "auto"], 'must be "none" or "auto"')),
      parallel_tool_calls: only(true, "the model decides how many calls it makes"),
      text: optional(
        z.strictObject({
          format: optional(responseFormatSchema),
          verbosity: only("medium", "the model decides how long it speaks"),
        }),
      ),
      reasoning: optional(
        z.strictObject({ effort: optional(z.string("must be a text")), summary: optional(z.string("must be a text")) }),
      ),
      store: only(false, NOT_STORED),
      previous_response_id: optional(z.never(`must be left out: ${NOT_STORED}`)),
      conversation: optional(z.never(`must be left out: ${NOT_STORED}`)),
      prompt: optional(z.never("must be left out: this server stores no prompts")),
      background: only(false, "this server stores no answers"),
      max_tool_calls: optional(z.never("must be left out: this server runs no tools of its own")),
      truncation: only("disabled", "this server cuts no conversation"),
      service_tier: optional(z.enum(["auto", "default"], 'must be "auto" or "default"')),
      // What these say concerns the account at OpenAI, so they change nothing here.
      metadata: optional(z.record(z.string(), z.string(), "must be an object of texts")),
      safety_identifier: optional(z.string("must be a text")),
      prompt_cache_key: optional(z.string("must be a text")),
    },
    "must be a JSON object",
  );
}

export type ResponsesBody = z.infer<ReturnType<typeof responsesSchema>>;

/** What a response asks for, and how it is written. */
export interface ResponsesJob extends Job {
  readonly tools: boolean;
  /** The body, of which a response repeats the most. */
  readonly body: ResponsesBody;
}

/** Reads a body. Throws `ApiError`. `seed` is taken where the body has none. */
export function responsesJob(body: unknown, schema: ReturnType<typeof responsesSchema>, seed: number): ResponsesJob {
  const parsed = parseBody(schema, body);
  const { request, model, stream, requestId } = sharedFields(parsed, seed);
  const tools = (parsed.tool_choice === "none" ? [] : (parsed.tools ?? [])).map(({ type, ...described }) => ({
    type,
    function: described as ChatValue,
  }));
  const { effort } = parsed.reasoning ?? {};
  const options = {
    ...(tools.length > 0 && { tools }),
    variables: { ...(typeof effort === "string" && { reasoning_effort: effort }) },
  };
  const wantsLogprobs = parsed.include?.includes(LOGPROBS) === true;
  const sampling = { ...request.sampling, ...(wantsLogprobs && { logprobs: parsed.top_logprobs ?? 0 }) };
  return {
    operation: "chat",
    model,
    stream,
    requestId,
    prompts: [{ kind: "chat", messages: chatMessages(messagesOf(parsed.input, parsed.instructions ?? null)), options }],
    maxTokens: parsed.max_output_tokens ?? null,
    request: { ...request, sampling, ...formatFields(parsed.text?.format, parsed.structured_outputs) },
    tools: tools.length > 0,
    body: parsed,
  };
}
