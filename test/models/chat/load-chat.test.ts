import { expect, test } from "vitest";
import { InvalidRequestError } from "../../../src/errors.ts";
import { chatFromFolder, chatFromGguf } from "../../../src/models/chat/load-chat.ts";
import { parseTokenizer } from "../../../src/models/tokenizer.ts";
import { byteLevelTokenizerJson } from "../../support/tokenizer-files.ts";

const tokenizer = parseTokenizer(byteLevelTokenizerJson());
const messages = [{ role: "user", content: "hi" }];
const SOURCE = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}";

test("of tokenizer_config.json, with the names of its tokens; its end-of-text token ends an answer", () => {
  const chat = chatFromFolder(
    { chat_template: SOURCE, bos_token: { content: "<|bos|>" }, eos_token: "<|eos|>", pad_token: null },
    {},
    tokenizer,
  );
  expect(chat.render(messages).text).toBe("<|bos|>hi<|eos|>");
  expect(chat.stopTokenIds).toEqual([1]);
});

test("of a list the default one, and chat_template.jinja before both", () => {
  const list = [
    { name: "tool_use", template: "tools" },
    { name: "default", template: "default" },
  ];
  expect(chatFromFolder({ chat_template: list }, {}, tokenizer).render(messages).text).toBe("default");
  expect(chatFromFolder({ chat_template: list }, { jinja: "file" }, tokenizer).render(messages).text).toBe("file");
});

test("with tools the one named tool_use, in GGUF files too", () => {
  const list = [
    { name: "default", template: "default" },
    { name: "tool_use", template: "tools <tool_call>" },
  ];
  const metadata = new Map<string, unknown>([
    ["tokenizer.ggml.tokens", []],
    ["tokenizer.chat_template", "default"],
    ["tokenizer.chat_template.tool_use", "tools <tool_call>"],
  ]);
  for (const chat of [chatFromFolder({ chat_template: list }, {}, tokenizer), chatFromGguf(metadata)]) {
    expect(chat.render(messages).text).toBe("default");
    expect(chat.render(messages, { tools: [] }).text).toBe("default");
    expect(chat.render(messages, { tools: [{ type: "function" }] }).text).toBe("tools <tool_call>");
    expect(chat.forceCall).toBeDefined();
    const parser = chat.outputParser({ tools: true });
    const { toolCalls } = parser.push('<tool_call>{"name": "f", "arguments": {}}</tool_call>');
    expect(toolCalls).toEqual([{ name: "f", arguments: "{}" }]);
  }
});

test("of chat_template.json, where the others have none", () => {
  const json = { chat_template: "json" };
  expect(chatFromFolder({}, { json }, tokenizer).render(messages).text).toBe("json");
  expect(chatFromFolder({ chat_template: "config" }, { json }, tokenizer).render(messages).text).toBe("config");
});

test.each([[null], [{}], [{ chat_template: [] }], [{ chat_template: 1 }]])(
  "none in %j: plain, and it says so",
  (config) => {
    expect(chatFromFolder(config, {}, tokenizer).name).toBe("plain");
  },
);

test("of GGUF", () => {
  const metadata = new Map<string, unknown>([
    ["tokenizer.ggml.tokens", ["<s>", "</s>", "<eot>"]],
    ["tokenizer.ggml.bos_token_id", 0],
    ["tokenizer.ggml.eos_token_id", 1],
    ["tokenizer.ggml.eot_token_id", 2],
  ]);
  expect(chatFromGguf(metadata).name).toBe("plain");
  const chat = chatFromGguf(new Map([...metadata, ["tokenizer.chat_template", SOURCE]]));
  expect(chat.render(messages).text).toBe("<s>hi</s>");
  expect(chat.stopTokenIds).toEqual([1, 2]);
});

test("a template that cannot be run refuses conversations, not the model", () => {
  const chat = chatFromFolder({ chat_template: "{% if %}" }, {}, tokenizer);
  expect(() => chat.render(messages)).toThrow(InvalidRequestError);
  expect(() => chat.render(messages)).toThrow(
    /^chat_template of tokenizer_config\.json is not a template that can be run/,
  );
});
