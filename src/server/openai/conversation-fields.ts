import * as z from "zod";
import { only, optional, textSchema } from "./schema.ts";

/** The fields that chats and responses share, beside those of sampling. */
export const conversationFields = {
  parallel_tool_calls: only(true, "the model decides how many calls it makes"),
  service_tier: optional(z.enum(["auto", "default"], 'must be "auto" or "default"')),
  // What these say concerns the account at OpenAI, so they change nothing here.
  metadata: optional(z.record(z.string(), z.string(), "must be an object of texts")),
  safety_identifier: optional(textSchema),
  prompt_cache_key: optional(textSchema),
};
