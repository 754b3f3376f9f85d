import * as z from "zod";
import type { ChatTool } from "../../chat.ts";
import { ApiError } from "./api-error.ts";
import { optional, textSchema } from "./schema.ts";

const FUNCTION_NAME = "must be a name of letters, digits, _ and -, of 64 characters at most";
const MODES = ["none", "auto", "required"] as const;

/** The function that must be called, as chats and responses name it. */
const inChat = z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: textSchema }) });
const inResponse = z.strictObject({ type: z.literal("function"), name: textSchema });

const CHAT_CHOICE = 'must be "none", "auto", "required" or {"type": "function", "function": {"name": "…"}}';
const RESPONSE_CHOICE = 'must be "none", "auto", "required" or {"type": "function", "name": "…"}';

/** `tool_choice` of a chat. */
export const chatToolChoice = optional(z.union([z.enum(MODES), inChat], CHAT_CHOICE));

/** `tool_choice` of a response. */
export const responseToolChoice = optional(z.union([z.enum(MODES), inResponse], RESPONSE_CHOICE));

type ToolChoice = z.infer<typeof chatToolChoice> | z.infer<typeof responseToolChoice>;

/** What describes a function that the model may call. */
export const functionFields = {
  name: z.string(FUNCTION_NAME).regex(/^[\w-]{1,64}$/, FUNCTION_NAME),
  description: optional(textSchema),
  parameters: optional(z.record(z.string(), z.unknown(), "must be a JSON schema")),
  strict: optional(z.boolean("must be true or false")),
};

/** What a tool is called with. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * The tools of which an answer has to call one; null where the model decides. Throws a 400 where there is none, and
 * where the answer has to be something else, too.
 */
export function forcedTools(
  choice: ToolChoice,
  tools: readonly OfferedTool[],
  hasFormat: boolean,
): readonly ChatTool[] | null {
  if (choice === undefined || choice === null || choice === "none" || choice === "auto") return null;
  const refuse = (message: string): never => {
    throw new ApiError(400, message, { param: "tool_choice", code: "invalid_value" });
  };
  if (hasFormat) refuse("tool_choice wants a call, and the format of the answer another form: leave one of them out");
  const name = choice === "required" ? null : "function" in choice ? choice.function.name : choice.name;
  const chosen = name === null ? tools : tools.filter((tool) => tool.name === name);
  if (chosen.length === 0) {
    refuse(
      name === null
        ? 'tool_choice is "required", and tools has none'
        : `tool_choice names ${name}, which tools has not`,
    );
  }
  return chosen.map((tool) => ({ name: tool.name, parameters: tool.parameters ?? null }));
}
