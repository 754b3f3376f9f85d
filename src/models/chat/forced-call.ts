import type { ChatTool, ForcedCall } from "../../chat.ts";
import { InvalidRequestError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { CALL_MARKS, callStyleOf } from "./call-style.ts";
import { THOUGHT } from "./output-parser.ts";

/** Mistral's newer form, in which a call is `name[ARGS]{...}`. */
const ARGUMENTS_MARK = "[ARGS]";

/**
 * How an answer to this prompt is made a call of one of the tools, in the way of the template's family: the prompt goes
 * on with the mark of a call, and the answer is the JSON that the family writes behind it. A thought that the prompt
 * has begun is closed first. Throws `InvalidRequestError`.
 */
export function forcedCallFor(template: string, tools: readonly ChatTool[], prompt: string): ForcedCall {
  const style = callStyleOf(template);
  const thought = prompt.trimEnd().endsWith(THOUGHT.open) ? `${THOUGHT.close}\n\n` : "";
  if (style === null) {
    throw new InvalidRequestError("calls cannot be forced: the chat template has no known form of them");
  }
  if (style === "mistral") return mistralCall(tools, { isNamed: template.includes(ARGUMENTS_MARK), thought });
  const key = style === "hermes" ? "arguments" : "parameters";
  const mark = style === "hermes" ? `${CALL_MARKS.hermes}\n` : "";
  return { prefix: thought + mark, responseFormat: { type: "json_schema", schema: anyCall(tools, key, "#") } };
}

/** A list of calls; in the newer form one call, whose name the prompt has to hold, as its marks are control tokens. */
function mistralCall(
  tools: readonly ChatTool[],
  { isNamed, thought }: { readonly isNamed: boolean; readonly thought: string },
): ForcedCall {
  const prefix = thought + CALL_MARKS.mistral;
  if (!isNamed) {
    const schema = { type: "array", items: anyCall(tools, "arguments", "#/items"), minItems: 1 };
    return { prefix, responseFormat: { type: "json_schema", schema } };
  }
  if (tools.length > 1) {
    throw new InvalidRequestError(
      `a call of one of ${tools.length} tools cannot be forced in this model's form: name one`,
    );
  }
  const [tool] = tools;
  const schema = argumentsSchema(tool, "#");
  return { prefix: `${prefix}${tool.name}${ARGUMENTS_MARK}`, responseFormat: { type: "json_schema", schema } };
}

/** JSON of a call of one of the tools; `at` is where the schema stands in the whole one. */
function anyCall(tools: readonly ChatTool[], key: "arguments" | "parameters", at: string): JsonObject {
  const callOf = (tool: ChatTool, place: string): JsonObject => ({
    type: "object",
    properties: { name: { const: tool.name }, [key]: argumentsSchema(tool, `${place}/properties/${key}`) },
    required: ["name", key],
    additionalProperties: false,
  });
  if (tools.length === 1) return callOf(tools[0], at);
  return { anyOf: tools.map((tool, i) => callOf(tool, `${at}/anyOf/${i}`)) };
}

/** The schema of a tool's arguments at a place of another one. Throws where it is no object's. */
function argumentsSchema({ name, parameters }: ChatTool, at: string): JsonObject {
  if (parameters === null) return { type: "object", properties: {} };
  const { type = "object" } = parameters;
  if (type !== "object") {
    throw new InvalidRequestError(
      `parameters of the tool ${name} must have the type "object", got ${JSON.stringify(type)}`,
    );
  }
  return { ...moved(parameters, at), type };
}

/** Keywords whose values are schemas by name, and those whose values are data. */
const NAMED_SCHEMAS = new Set(["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"]);
const DATA = new Set(["const", "enum", "default", "examples"]);

/** The schema with its references led to where it stands now. */
function moved(schema: JsonObject, at: string): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      const isReference = keyword === "$ref" && typeof value === "string" && value.startsWith("#");
      if (isReference) return [keyword, at + value.slice(1)];
      if (DATA.has(keyword)) return [keyword, value];
      if (!NAMED_SCHEMAS.has(keyword) || !isObject(value)) return [keyword, movedValue(value, at)];
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, movedValue(each, at)]))];
    }),
  );
}

function movedValue(value: unknown, at: string): unknown {
  if (Array.isArray(value)) return value.map((each) => movedValue(each, at));
  return isObject(value) ? moved(value, at) : value;
}
