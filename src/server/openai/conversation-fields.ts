import * as z from "zod";
import { flagSchema, only, optional, textSchema } from "./schema.ts";

const FUNCTION_NAME = "must be a name of letters, digits, _ and -, of 64 characters at most";
const TOOL_CHOICE = 'must be "none" or "auto"';

/** What describes a function that the model may call. */
export const functionFields = {
  name: z.string(FUNCTION_NAME).regex(/^[\w-]{1,64}$/, FUNCTION_NAME),
  description: optional(textSchema),
  parameters: optional(z.record(z.string(), z.unknown(), "must be a JSON schema")),
  strict: optional(flagSchema),
};

/** The fields that chats and responses share, beside those of sampling. */
export const conversationFields = {
  tool_choice: optional(z.enum(["none", "auto"], TOOL_CHOICE)),
  parallel_tool_calls: only(true, "the model decides how many calls it makes"),
  service_tier: optional(z.enum(["auto", "default"], 'must be "auto" or "default"')),
  // What these say concerns the account at OpenAI, so they change nothing here.
  metadata: optional(z.record(z.string(), z.string(), "must be an object of texts")),
  safety_identifier: optional(textSchema),
  prompt_cache_key: optional(textSchema),
};
