import * as z from "zod";
import type { ResponseFormat } from "../../response-format.ts";
import { ApiError } from "./api-error.ts";
import { flagSchema, optional, textSchema } from "./schema.ts";

/** Longest pattern or grammar, and most choices: what is longer takes seconds to compile. */
const MAX_TEXT = 65_536;
const MAX_CHOICES = 4096;

const text = textSchema.min(1, "must not be empty").max(MAX_TEXT, "must be shorter");
const jsonSchema = z.union([z.record(z.string(), z.unknown()), z.boolean()], { error: "must be a JSON schema" });
const named = { name: textSchema, description: optional(textSchema) };
const strict = optional(flagSchema);
const plain = z.strictObject({ type: z.literal("text") });
const object = z.strictObject({ type: z.literal("json_object") });

/** `response_format` of a chat. */
export const chatFormatSchema = z.discriminatedUnion(
  "type",
  [
    plain,
    object,
    z.strictObject({
      type: z.literal("json_schema"),
      json_schema: z.strictObject({ ...named, schema: jsonSchema, strict }),
    }),
  ],
  'must be an object with the type "text", "json_object" or "json_schema"',
);

/** `text.format` of a response, which has no object around its schema. */
export const responseFormatSchema = z.discriminatedUnion(
  "type",
  [plain, object, z.strictObject({ type: z.literal("json_schema"), ...named, schema: jsonSchema, strict })],
  'must be an object with the type "text", "json_object" or "json_schema"',
);

/** vLLM's `structured_outputs`. */
export const structuredOutputsSchema = z.union(
  [
    z.strictObject({ json: jsonSchema }),
    z.strictObject({ json_object: z.literal(true) }),
    z.strictObject({ regex: text }),
    z.strictObject({ choice: z.array(text).min(1).max(MAX_CHOICES) }),
    z.strictObject({ grammar: text }),
  ],
  { error: "must be an object with one of json, json_object, regex, choice and grammar" },
);

type ChatFormat = z.infer<typeof chatFormatSchema>;
type TextFormat = z.infer<typeof responseFormatSchema>;
type StructuredOutputs = z.infer<typeof structuredOutputsSchema>;

/** What the answer has to be, as the engine takes it; empty for a text. Throws `ApiError` where two fields say it. */
export function formatFields(
  format: ChatFormat | TextFormat | null | undefined,
  structured: StructuredOutputs | null | undefined,
): { readonly responseFormat?: ResponseFormat } {
  const wanted = format === null || format === undefined ? null : formatOf(format);
  if (structured === null || structured === undefined) return wanted === null ? {} : { responseFormat: wanted };
  if (wanted === null) return { responseFormat: structuredFormatOf(structured) };
  const param = "structured_outputs";
  throw new ApiError(400, "response_format and structured_outputs exclude each other", { param });
}

function formatOf(format: ChatFormat | TextFormat): ResponseFormat | null {
  if (format.type === "text") return null;
  if (format.type === "json_object") return { type: "json_object" };
  const schema = "json_schema" in format ? format.json_schema.schema : format.schema;
  return { type: "json_schema", schema };
}

function structuredFormatOf(structured: StructuredOutputs): ResponseFormat {
  if ("json" in structured) return { type: "json_schema", schema: structured.json };
  if ("regex" in structured) return { type: "regex", pattern: structured.regex };
  if ("choice" in structured) return { type: "choice", choices: structured.choice };
  if ("grammar" in structured) return { type: "grammar", grammar: structured.grammar };
  return { type: "json_object" };
}
