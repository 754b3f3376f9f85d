import * as z from "zod";
import type { ChatValue } from "../../chat.ts";
import type { ServerLimits } from "../limits.ts";
import { chatMessages } from "./chat-messages.ts";
import { conversationFields } from "./conversation-fields.ts";
import type { Job } from "./job.ts";
import { formatFields, responseFormatSchema } from "./response-format.ts";
import { inputSchema, messagesOf } from "./responses-input.ts";
import { samplingFields, sharedFields, topLogprobs } from "./sampling-fields.ts";
import { atMost, integer, only, optional, parseBody, textSchema } from "./schema.ts";
import { responseToolChoice, forcedTools, functionFields } from "./tool-choice.ts";

const toolSchema = z.strictObject({
  type: z.literal("function", 'must be "function": this server runs no tools of its own'),
  ...functionFields,
});

const NOT_STORED = "this server stores no answers: send the whole conversation as input";
const LOGPROBS = "message.output_text.logprobs";

/** The body of `/v1/responses`. */
export function responsesSchema(limits: ServerLimits) {
  const { n: _, ...shared } = samplingFields(limits);
  return z.strictObject(
    {
      ...shared,
      ...conversationFields,
      input: inputSchema(limits),
      instructions: optional(textSchema),
      max_output_tokens: optional(integer(1)),
      top_logprobs: optional(topLogprobs),
      include: optional(z.array(z.enum([LOGPROBS, "reasoning.encrypted_content"], `can be ["${LOGPROBS}"]`))),
      tools: optional(atMost(toolSchema, limits.tools, "tools")),
      tool_choice: responseToolChoice,
      text: optional(
        z.strictObject({
          format: optional(responseFormatSchema),
          verbosity: only("medium", "the model decides how long it speaks"),
        }),
      ),
      reasoning: optional(z.strictObject({ effort: optional(textSchema), summary: optional(textSchema) })),
      store: only(false, NOT_STORED),
      previous_response_id: optional(z.never(`must be left out: ${NOT_STORED}`)),
      conversation: optional(z.never(`must be left out: ${NOT_STORED}`)),
      prompt: optional(z.never("must be left out: this server stores no prompts")),
      background: only(false, "this server stores no answers"),
      max_tool_calls: optional(z.never("must be left out: this server runs no tools of its own")),
      truncation: only("disabled", "this server cuts no conversation"),
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
  const messages = chatMessages(messagesOf(parsed.input, parsed.instructions ?? null));
  const format = formatFields(parsed.text?.format, parsed.structured_outputs);
  const forced = forcedTools(parsed.tool_choice, parsed.tools ?? [], format.responseFormat !== undefined);
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
    prompts: [{ kind: "chat", messages, options, forced }],
    maxTokens: parsed.max_output_tokens ?? null,
    request: { ...request, sampling, ...format },
    tools: tools.length > 0,
    body: parsed,
  };
}
