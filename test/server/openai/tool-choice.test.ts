import type OpenAI from "openai";
import { afterAll, describe, expect, test } from "vitest";
import { loadModel } from "../../../src/models/index.ts";
import { parseChatTemplate } from "../../../src/models/chat/chat-template.ts";
import { post, serveBuiltin, serveScripted } from "../../support/served.ts";

const { tokenizer, contextLength } = await loadModel("builtin");

/** The built-in model, whose template writes calls as Hermes and Qwen do. It has never seen a call. */
const TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}{% if false %}<tool_call>{% endif %}";
const model = { name: "builtin", tokenizer, chat: parseChatTemplate(TEMPLATE), contextLength };

const color = { type: "object", properties: { name: { enum: ["red", "blue"] } }, required: ["name"] };
const paint = { name: "paint", parameters: color };
const stop = { name: "stop" };
const tools = [paint, stop].map((described) => ({ type: "function" as const, function: described }));
const messages = [{ role: "user" as const, content: "Once upon a time" }];

describe("a call that is forced", async () => {
  const { client, handler, engine } = await serveBuiltin({ model });
  afterAll(() => engine.dispose());
  const body = { model: "builtin", messages, tools, temperature: 0 };

  test("is one of the tools, with arguments of its schema, whole and streamed alike", async () => {
    const whole = await client.chat.completions.create({ ...body, tool_choice: "required" });
    const { finish_reason: reason, message } = whole.choices[0];
    expect([reason, message.content]).toEqual(["tool_calls", null]);
    const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(["paint", "stop"]).toContain(call.function.name);
    const streamed = await client.chat.completions.stream({ ...body, tool_choice: "required" }).finalChatCompletion();
    expect(streamed.choices[0].message.tool_calls).toMatchObject([{ function: call.function }]);
  });

  test("is the one that is named, several times with n", async () => {
    const named = { type: "function" as const, function: { name: "paint" } };
    const { choices } = await client.chat.completions.create({ ...body, tool_choice: named, temperature: 1, n: 3 });
    for (const { message } of choices) {
      const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
      expect(call.function.name).toBe("paint");
      expect(["red", "blue"]).toContain((JSON.parse(call.function.arguments) as { name: string }).name);
    }
  });

  test("is one in a response, too, which says what was asked for", async () => {
    const response = await client.responses.create({
      model: "builtin",
      input: "Once upon a time",
      tools: [{ type: "function", ...paint, strict: null }],
      tool_choice: { type: "function", name: "paint" },
    });
    expect(response.output).toMatchObject([{ type: "function_call", name: "paint", status: "completed" }]);
    expect(response.tool_choice).toEqual({ type: "function", name: "paint" });
  });

  test("is rendered with its mark", async () => {
    const { body: rendered } = await post(handler, "/v1/chat/completions/render", { ...body, tool_choice: "required" });
    expect(tokenizer.decode(rendered.token_ids)).toMatch(/<tool_call>\n$/);
  });

  test.each<[string, object, string]>([
    [
      "another tool",
      { tool_choice: { type: "function", function: { name: "sing" } } },
      "names sing, which tools has not",
    ],
    ["no tools", { tool_choice: "required", tools: [] }, 'is "required", and tools has none'],
    ["an unknown mode", { tool_choice: "any" }, 'must be "none", "auto", "required" or {"type": "function"'],
    [
      "another form of the answer",
      { tool_choice: "required", response_format: { type: "json_object" } },
      "leave one of them out",
    ],
  ])("is refused: %s", async (_, fields, message) => {
    const refused = await post(handler, "/v1/chat/completions", { ...body, ...fields });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "tool_choice" } } });
    expect(refused.body.error.message).toContain(message);
  });

  test("is refused where the schema of the arguments cannot be kept", async () => {
    const parameters = { type: "object", properties: { a: { not: {} } } };
    const bad = {
      ...body,
      tools: [{ type: "function", function: { name: "f", parameters } }],
      tool_choice: "required",
    };
    const refused = await post(handler, "/v1/chat/completions", bad);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/"not"/) as string } },
    });
  });
});

test("a model without a form of calls refuses to be forced", async () => {
  const chat = parseChatTemplate("{% for m in messages %}{{ m.content }}{% endfor %}");
  const { handler, engine } = serveScripted({ model: { ...model, chat, contextLength: 200 } });
  const refused = await post(handler, "/v1/chat/completions", { messages, tools, tool_choice: "required" });
  expect(refused).toMatchObject({ status: 400 });
  expect(refused.body.error.message).toBe("calls cannot be forced: the chat template has no known form of them");
  await engine.dispose();
});
