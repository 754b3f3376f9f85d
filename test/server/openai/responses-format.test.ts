import type OpenAI from "openai";
import { afterAll, describe, expect, test } from "vitest";
import { parseChatTemplate } from "../../../src/models/chat/chat-template.ts";
import { plainTemplate } from "../../../src/models/chat/plain-template.ts";
import { answering, byteTokenizer } from "../../support/scripted-backend.ts";
import { clientOf, post, serveBuiltin, serveScripted } from "../../support/served.ts";

describe("the official client", async () => {
  const { client, engine } = await serveBuiltin();
  afterAll(() => engine.dispose());
  const body = { model: "builtin", input: "Once upon a time", max_output_tokens: 6, temperature: 0 };

  test("gets a response, with the text that a chat gives", async () => {
    const response = await client.responses.create(body);
    expect(response).toMatchObject({ object: "response", status: "incomplete", store: false, error: null });
    expect(response.incomplete_details).toEqual({ reason: "max_output_tokens" });
    const chat = await client.chat.completions.create({
      model: "builtin",
      messages: [{ role: "user", content: body.input }],
      max_tokens: 6,
      temperature: 0,
    });
    expect(response.output_text).toBe(chat.choices[0].message.content);
    expect(response.usage).toMatchObject({ input_tokens: chat.usage!.prompt_tokens, output_tokens: 6 });
  });

  test("gets the events in order, each with its number", async () => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ ...body, stream: true })) events.push(event);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
    const types = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.incomplete",
    ]);
    const last = events.at(-1) as OpenAI.Responses.ResponseIncompleteEvent;
    const text = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
    expect(last.response.output).toMatchObject([{ type: "message", content: [{ type: "output_text", text }] }]);
    expect(text).toBe((await client.responses.create(body)).output_text);
  });

  test("streams by its helper, which checks what it puts together", async () => {
    const stream = client.responses.stream({ ...body, include: ["message.output_text.logprobs"], top_logprobs: 1 });
    const final = await stream.finalResponse();
    const [part] = (final.output[0] as OpenAI.Responses.ResponseOutputMessage).content;
    expect((part as OpenAI.Responses.ResponseOutputText).logprobs).toHaveLength(6);
  });

  test("is refused what would need a store", async () => {
    for (const stored of [{ store: true }, { previous_response_id: "resp_1" }, { conversation: "c" }]) {
      const [param] = Object.keys(stored);
      await expect(client.responses.create({ ...body, ...stored })).rejects.toMatchObject({ status: 400, param });
    }
  });
});

const TEMPLATE = `{% for m in messages %}{{ m.role }}:{{ m.content }}
{% endfor %}{% if false %}<tool_call></tool_call><think></think>{% endif %}`;
const TOOL = { type: "function" as const, name: "add", parameters: { type: "object" }, strict: null };

/** A model with a template of thoughts and calls, which answers any prompt of one token with this text. */
function thinking(text: string) {
  const template = parseChatTemplate(TEMPLATE);
  const chat = {
    ...plainTemplate,
    stop: [],
    outputParser: template.outputParser,
    render: () => ({ text: "a", parts: [{ text: "a", specialTokens: "text" as const }] }),
  };
  const tokenizer = { ...byteTokenizer, encodeParts: () => [97] };
  const model = { name: "thinking", tokenizer, chat, contextLength: 200 };
  return serveScripted({ model, engine: { stopTokenIds: [0] } }, { tokenAfter: answering(text) });
}

describe("a model that thinks and calls", () => {
  const text = '<think>sum</think>Let me.<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>';

  test("gives a thought, a message and a call, whole and streamed alike", async () => {
    const { handler, engine } = thinking(text);
    const client = clientOf(handler);
    const whole = await client.responses.create({ model: "thinking", input: "1+1", tools: [TOOL] });
    expect(whole).toMatchObject({
      status: "completed",
      // The bytes of "<think>sum".
      usage: { output_tokens_details: { reasoning_tokens: 10 } },
      output: [
        { type: "reasoning", content: [{ type: "reasoning_text", text: "sum" }] },
        { type: "message", content: [{ text: "Let me." }] },
        { type: "function_call", name: "add", arguments: '{"a":1}' },
      ],
    });
    const streamed = await client.responses.stream({ model: "thinking", input: "1+1", tools: [TOOL] }).finalResponse();
    expect(streamed.output.map(({ type }) => type)).toEqual(["reasoning", "message", "function_call"]);
    expect(streamed.output_text).toBe("Let me.");
    await engine.dispose();
  });

  test("does so in a chat, too: the client puts the call's deltas together", async () => {
    const { handler, engine } = thinking(text);
    const client = clientOf(handler);
    const { type, ...described } = TOOL;
    const body = {
      model: "thinking",
      messages: [{ role: "user" as const, content: "1+1" }],
      tools: [{ type, function: { name: described.name, parameters: described.parameters } }],
    };
    const { choices, usage } = await client.chat.completions.create(body);
    expect(usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 10 } });
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "Let me.", reasoning_content: "sum", tool_calls: [{ function: { arguments: '{"a":1}' } }] },
    });
    const streamed = await client.chat.completions
      .stream({ ...body, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(streamed.usage).toEqual(usage);
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "Let me.",
        tool_calls: [{ type: "function", function: { name: "add", arguments: '{"a":1}' } }],
      },
    });
    const without = await client.chat.completions.create({ ...body, tool_choice: "none" });
    expect(without.choices[0].message.tool_calls).toBeUndefined();
    await engine.dispose();
  });

  test("takes the turns of a conversation back", async () => {
    const { handler, engine } = serveScripted();
    const input = [
      { role: "developer", content: "Be brief." },
      { role: "user", content: [{ type: "input_text", text: "1+1?" }] },
      { type: "reasoning", id: "rs_1", summary: [] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Two.", annotations: [] }] },
      { type: "function_call", call_id: "c1", name: "add", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "2" },
    ];
    const { status, body } = await post(handler, "/v1/responses", { input, max_output_tokens: 2 });
    expect({ status, error: body.error }).toEqual({ status: 200, error: null });
    const bad = await post(handler, "/v1/responses", { input: [{ ...input[4], arguments: "[" }] });
    expect(bad).toMatchObject({ status: 400 });
    await engine.dispose();
  });
});
