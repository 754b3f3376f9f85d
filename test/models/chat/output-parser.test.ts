import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatDelta } from "../../../src/chat.ts";
import { outputParserFor } from "../../../src/models/chat/output-parser.ts";

interface Whole {
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: ChatDelta["toolCalls"];
}

function parse(template: string, pieces: readonly string[], options: { tools?: boolean; prompt?: string } = {}): Whole {
  const parser = outputParserFor(template, { tools: true, prompt: "", ...options });
  const deltas = [...pieces.map((piece) => parser.push(piece)), parser.end()];
  return {
    content: deltas.map(({ content }) => content).join(""),
    reasoning: deltas.map(({ reasoning }) => reasoning).join(""),
    toolCalls: deltas.flatMap(({ toolCalls }) => toolCalls),
  };
}

const HERMES = "<tool_call> <think>";
const MISTRAL = "[TOOL_CALLS]";
const LLAMA = "<|start_header_id|> parameters";
const call = (name: string, args: unknown = {}): { name: string; arguments: string } => ({
  name,
  arguments: JSON.stringify(args),
});

test.each<[string, string, string, Partial<Whole>]>([
  ["plain text", HERMES, "a < b", { content: "a < b" }],
  [
    "a call",
    HERMES,
    '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>',
    { toolCalls: [call("f", { a: 1 })] },
  ],
  [
    "a text and two calls",
    HERMES,
    'ok\n<tool_call>{"name":"f","arguments":{}}</tool_call>\n<tool_call>{"name":"g","arguments":"{\\"b\\":2}"}</tool_call>\n',
    { content: "ok\n", toolCalls: [call("f"), call("g", { b: 2 })] },
  ],
  ["a broken call", HERMES, "<tool_call>{oops</tool_call> so", { content: "<tool_call>{oops</tool_call>so" }],
  ["a call without an end", HERMES, '<tool_call>{"name":"f","arguments":{}}', { toolCalls: [call("f")] }],
  ["a thought", HERMES, "<think>\nhm <b>\n</think>\n\nso", { reasoning: "hm <b>\n", content: "so" }],
  ["a thought without an end", HERMES, "<think>hm </thi", { reasoning: "hm </thi" }],
  [
    "a thought and a call",
    HERMES,
    '<think>hm</think><tool_call>{"name":"f","arguments":{}}</tool_call>',
    { reasoning: "hm", toolCalls: [call("f")] },
  ],
  [
    "a list",
    MISTRAL,
    '[TOOL_CALLS] [{"name":"f","arguments":{"a":1}},{"name":"g","arguments":{}}]',
    { toolCalls: [call("f", { a: 1 }), call("g")] },
  ],
  [
    "named calls",
    MISTRAL,
    '[TOOL_CALLS]f[ARGS]{"a":1}[TOOL_CALLS]g[CALL_ID]x1[ARGS]{}',
    { toolCalls: [call("f", { a: 1 }), call("g")] },
  ],
  ["no list", MISTRAL, "[TOOL_CALLS] hello", { content: "[TOOL_CALLS] hello" }],
  ["Llama's whole answer", LLAMA, '{"name": "f", "parameters": {"a": 1}}', { toolCalls: [call("f", { a: 1 })] }],
  ["Llama's, tagged", LLAMA, '<|python_tag|>{"name": "f", "parameters": {}}', { toolCalls: [call("f")] }],
  [
    "an answer with an object inside",
    LLAMA,
    'It is {"name": "f", "parameters": {}}',
    { content: 'It is {"name": "f", "parameters": {}}' },
  ],
  ["an answer that is another object", LLAMA, '{"x": 1}', { content: '{"x": 1}' }],
  [
    "a family without calls",
    "plain",
    '<tool_call>{"name":"f","arguments":{}}</tool_call>',
    { content: '<tool_call>{"name":"f","arguments":{}}</tool_call>' },
  ],
])("%s, however it is cut", (_, template, text, expected) => {
  const whole = { content: "", reasoning: "", toolCalls: [], ...expected };
  expect(parse(template, [text])).toEqual(whole);
  expect(parse(template, Array.from(text))).toEqual(whole);
  const law = fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
    const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
    expect(
      parse(
        template,
        at.slice(1).map((end, i) => text.slice(at[i], end)),
      ),
    ).toEqual(whole);
  });
  fc.assert(law, { numRuns: 50 });
});

test("without tools, calls are content", () =>
  expect(parse(HERMES, ['<tool_call>{"name":"f","arguments":{}}</tool_call>'], { tools: false }).toolCalls).toEqual(
    [],
  ));

test("a prompt with an open thought begins the answer in it", () => {
  expect(parse(HERMES, ["hm</think>so"], { prompt: "…<think>\n" })).toEqual({
    reasoning: "hm",
    content: "so",
    toolCalls: [],
  });
});

describe("nothing is lost", () => {
  const pieces = fc.array(
    fc.constantFrom(
      "<tool_call>",
      "</tool_call>",
      "<think>",
      "</think>",
      "{",
      "}",
      "[TOOL_CALLS]",
      "<|python_tag|>",
      "a",
      "<",
      "{x",
    ),
    { maxLength: 10 },
  );
  test.each([HERMES, MISTRAL, LLAMA])("%s", (template) => {
    const law = fc.property(pieces, (parts) => {
      const { content, reasoning } = parse(template, parts);
      const rest = parts.join("").replaceAll(/<\/?think>/g, "");
      if (template !== HERMES) expect(content).toBe(parts.join(""));
      else {
        expect(content.replaceAll(/<\/?think>/g, "").length + reasoning.replaceAll(/<\/?think>/g, "").length).toBe(
          rest.length,
        );
      }
    });
    fc.assert(law);
  });
});
