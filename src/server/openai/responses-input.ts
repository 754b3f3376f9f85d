import * as z from "zod";
import type { ServerLimits } from "../limits.ts";
import type { Message } from "./chat-messages.ts";
import { ApiError } from "./api-error.ts";
import { atMost, optional, textSchema as text } from "./schema.ts";

const TEXT_PART = 'must be {"type": "input_text", "text": "…"}, or "output_text" of an answer: this model reads text';
const textPart = z.strictObject(
  {
    type: z.enum(["input_text", "output_text", "text"], TEXT_PART),
    text,
    annotations: optional(z.array(z.unknown())),
    logprobs: optional(z.array(z.unknown())),
  },
  TEXT_PART,
);
const refusalPart = z.strictObject({ type: z.literal("refusal"), refusal: text });
const content = z.union([text, z.array(z.union([textPart, refusalPart], TEXT_PART))], TEXT_PART);
const own = { id: optional(text), status: optional(text) };

const messageItem = z.strictObject({
  type: optional(z.literal("message")),
  role: z.enum(["system", "developer", "user", "assistant"], "must be system, developer, user or assistant"),
  content,
  phase: optional(text),
  ...own,
});
const callItem = z.strictObject({
  type: z.literal("function_call"),
  call_id: text,
  name: text,
  arguments: text,
  ...own,
});
const resultItem = z.strictObject({ type: z.literal("function_call_output"), call_id: text, output: content, ...own });
const thoughtItem = z.strictObject({
  type: z.literal("reasoning"),
  summary: optional(z.array(z.unknown())),
  content: optional(z.array(z.unknown())),
  encrypted_content: optional(text),
  ...own,
});

/** `input` of a response: a text, or the items of a conversation. */
export function inputSchema(limits: ServerLimits) {
  const item = z.union([messageItem, callItem, resultItem, thoughtItem], {
    error: "must be a message, function_call, function_call_output or reasoning item of the Responses API, with text",
  });
  return z.union([text, atMost(item, limits.messages, "items").min(1)], {
    error: `must be a text, or a list of 1 to ${limits.messages} items with text`,
  });
}

export type ResponsesInput = z.infer<ReturnType<typeof inputSchema>>;

/** The items as messages of a chat. Thoughts of earlier turns are left out, as templates leave them out. */
export function messagesOf(input: ResponsesInput, instructions: string | null): Message[] {
  const messages: Message[] = instructions === null ? [] : [{ role: "system", content: instructions }];
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  for (const item of input) {
    if (item.type === "reasoning") continue;
    if (item.type === "function_call_output") {
      messages.push({ role: "tool", tool_call_id: item.call_id, content: textOf(item.output) });
    } else if (item.type === "function_call") addCall(messages, item);
    else messages.push({ role: item.role, content: textOf(item.content) });
  }
  if (messages.length > 0) return messages;
  throw new ApiError(400, "input has no message", { param: "input", code: "invalid_value" });
}

/** Calls belong to the assistant's turn before them. */
function addCall(messages: Message[], { call_id: id, name, arguments: args }: z.infer<typeof callItem>): void {
  const call = { id, type: "function" as const, function: { name, arguments: args } };
  const last = messages.at(-1);
  if (last?.role === "assistant") last.tool_calls = [...(last.tool_calls ?? []), call];
  else messages.push({ role: "assistant", content: null, tool_calls: [call] });
}

function textOf(given: z.infer<typeof content>): string {
  if (typeof given === "string") return given;
  return given.map((part) => (part.type === "refusal" ? part.refusal : part.text)).join("\n");
}
