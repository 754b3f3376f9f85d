import { describe, expect, test } from "vitest";
import type { ChatTool } from "../../../src/chat.ts";
import { InvalidRequestError } from "../../../src/errors.ts";
import { jsonSchema } from "../../../src/grammar/index.ts";
import { parseChatTemplate } from "../../../src/models/chat/chat-template.ts";
import { forcedCallFor } from "../../../src/models/chat/forced-call.ts";

const ADD = { name: "add", parameters: { type: "object", properties: { a: { type: "integer" } }, required: ["a"] } };
const NOW = { name: "now", parameters: null };

const LLAMA = "<|start_header_id|> parameters";
const MISTRAL = "[TOOL_CALLS]";

/** The calls that a parser of the template reads in an answer behind the forced prefix. */
function callsIn(template: string, answer: string, tools: readonly ChatTool[] = [ADD, NOW], prompt = "a") {
  const { prefix } = forcedCallFor(template, tools, prompt);
  const parser = parseChatTemplate(`{{ messages }}{% if false %}${template}{% endif %}`).outputParser({
    tools: true,
    prompt,
  });
  const before = parser.push(prefix);
  const deltas = [before, parser.push(answer), parser.end()];
  expect(deltas.map(({ content, reasoning }) => content + reasoning).join("")).toBe("");
  return deltas.flatMap(({ toolCalls }) => toolCalls);
}

describe("a call behind the prefix is read as one", () => {
  const call = [{ name: "add", arguments: '{"a":1}' }];

  test.each([
    ["Hermes", "<tool_call>", '{"name": "add", "arguments": {"a": 1}}'],
    ["Llama", LLAMA, '{"name": "add", "parameters": {"a": 1}}'],
    ["Mistral", MISTRAL, '[{"name": "add", "arguments": {"a": 1}}]'],
  ])("%s", (_, template, answer) => expect(callsIn(template, answer)).toEqual(call));

  test("Mistral's newer form holds the name in the prompt", () => {
    expect(callsIn("[TOOL_CALLS][ARGS]", '{"a": 1}', [ADD])).toEqual(call);
    expect(() => forcedCallFor("[TOOL_CALLS][ARGS]", [ADD, NOW], "")).toThrow(
      /one of 2 tools cannot be forced.*name one/,
    );
  });

  test("a thought that the prompt has begun is closed first", () => {
    const template = "<think><tool_call>";
    const { prefix } = forcedCallFor(template, [ADD], "user: 1+1\n<think>\n");
    expect(prefix).toBe("</think>\n\n<tool_call>\n");
    expect(callsIn(template, '{"name": "add", "arguments": {"a": 1}}', [ADD], "<think>\n")).toEqual(call);
  });
});

test("the form is a call of one of the tools", () => {
  expect(forcedCallFor(LLAMA, [ADD, NOW], "").responseFormat).toEqual({
    type: "json_schema",
    schema: {
      anyOf: [
        {
          type: "object",
          properties: { name: { const: "add" }, parameters: ADD.parameters },
          required: ["name", "parameters"],
          additionalProperties: false,
        },
        {
          type: "object",
          properties: { name: { const: "now" }, parameters: { type: "object", properties: {} } },
          required: ["name", "parameters"],
          additionalProperties: false,
        },
      ],
    },
  });
});

test("references of a tool's schema lead to where it stands, and data that looks like one stays", () => {
  const parameters = {
    type: "object",
    $defs: { $ref: { type: "string", enum: ["$ref", "#/b"] } },
    properties: { enum: { $ref: "#/$defs/$ref" }, list: { type: "array", items: { $ref: "#/$defs/$ref" } } },
    required: ["enum"],
    default: { $ref: "#/no/reference" },
  };
  for (const [template, at] of [
    [LLAMA, "#/anyOf/1/properties/parameters"],
    [MISTRAL, "#/items/anyOf/1/properties/arguments"],
  ]) {
    const { responseFormat } = forcedCallFor(template, [NOW, { name: "f", parameters }], "");
    const { schema } = responseFormat as { schema: unknown };
    expect(JSON.stringify(schema)).toContain(`"enum":{"$ref":"${at}/$defs/$ref"}`);
    expect(JSON.stringify(schema)).toContain('"default":{"$ref":"#/no/reference"}');
    expect(() => jsonSchema(schema)).not.toThrow();
  }
});

test.each([
  ["a template without calls", () => forcedCallFor("<start_of_turn>", [ADD], ""), "no known form"],
  [
    "arguments that are no object",
    () => forcedCallFor("<tool_call>", [{ name: "f", parameters: { type: "string" } }], ""),
    'parameters of the tool f must have the type "object", got "string"',
  ],
])("%s cannot be forced", (_, force, message) => {
  expect(force).toThrow(InvalidRequestError);
  expect(force).toThrow(message);
});
