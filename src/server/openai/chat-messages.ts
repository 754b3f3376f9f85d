import * as z from "zod";
import type { ChatMessage, ChatValue } from "../../chat.ts";
import { isObject } from "../../json.ts";
import type { ServerLimits } from "../limits.ts";
import { ApiError } from "./api-error.ts";
import { atMost, optional, textSchema as text } from "./schema.ts";

const textPart = z.strictObject({ type: z.literal("text", 'must be "text": this model reads nothing else'), text });
const refusalPart = z.strictObject({ type: z.literal("refusal"), refusal: text });
const CONTENT = 'must be a text, or a list of parts like {"type": "text", "text": "…"}: this model reads nothing else';
const content = z.union([text, z.array(textPart)], CONTENT);

const toolCall = z.strictObject({
  id: text,
  type: z.literal("function", 'must be "function"'),
  function: z.strictObject({ name: text, arguments: text }),
});

/** One message, by its role. */
function messageSchema(limits: ServerLimits) {
  const named = { name: optional(text) };
  return z.discriminatedUnion(
    "role",
    [
      z.strictObject({ role: z.literal("system"), content, ...named }),
      z.strictObject({ role: z.literal("developer"), content, ...named }),
      z.strictObject({ role: z.literal("user"), content, ...named }),
      z.strictObject({
        role: z.literal("assistant"),
        content: optional(z.union([text, z.array(z.union([textPart, refusalPart]))], CONTENT)),
        refusal: optional(text),
        audio: optional(z.never("must be left out: this model writes text")),
        function_call: optional(z.never("must be left out: use tool_calls")),
        annotations: optional(z.array(z.unknown())),
        tool_calls: optional(atMost(toolCall, limits.tools, "calls")),
        reasoning_content: optional(text),
        reasoning: optional(text),
        ...named,
      }),
      z.strictObject({ role: z.literal("tool"), content, tool_call_id: text, ...named }),
    ],
    "must be a message with the role system, developer, user, assistant or tool",
  );
}

/** A conversation. */
export function messagesSchema(limits: ServerLimits) {
  return atMost(messageSchema(limits), limits.messages, "messages").min(1, "must have at least one message");
}

/** A message as a body has it. */
export type Message = z.infer<ReturnType<typeof messageSchema>>;

/** Messages as chat templates read them: content is text, and a call's arguments are an object. Throws `ApiError`. */
export function chatMessages(messages: readonly Message[]): ChatMessage[] {
  return messages.map((message, i) => {
    const { name } = message;
    const base = { content: textOf(message.content), ...(typeof name === "string" && { name }) };
    // Templates know the older name of the role.
    if (message.role === "developer") return { ...base, role: "system" };
    if (message.role === "tool") return { ...base, role: "tool", tool_call_id: message.tool_call_id };
    if (message.role !== "assistant") return { ...base, role: message.role };
    const thought = message.reasoning_content ?? message.reasoning;
    const calls = message.tool_calls?.map((call, j) => ({
      ...call,
      function: {
        ...call.function,
        arguments: argumentsOf(call.function.arguments, `messages[${i}].tool_calls[${j}]`),
      },
    }));
    return {
      ...base,
      role: "assistant",
      ...(typeof thought === "string" && { reasoning_content: thought }),
      ...(calls !== undefined && calls.length > 0 && { tool_calls: calls }),
    };
  });
}

function textOf(given: Message["content"]): string {
  if (given === undefined || given === null) return "";
  if (typeof given === "string") return given;
  return given.map((part) => (part.type === "text" ? part.text : part.refusal)).join("\n");
}

/** Templates write the arguments as JSON themselves. */
function argumentsOf(json: string, where: string): ChatValue {
  const value = parseOrNull(json);
  if (isObject(value)) return value as ChatValue;
  const param = `${where}.function.arguments`;
  throw new ApiError(400, `${param} must be the JSON text of an object`, { param, code: "invalid_value" });
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
