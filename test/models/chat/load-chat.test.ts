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
    null,
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
  expect(chatFromFolder({ chat_template: list }, null, tokenizer).render(messages).text).toBe("default");
  expect(chatFromFolder({ chat_template: list }, "file", tokenizer).render(messages).text).toBe("file");
});

test.each([[null], [{}], [{ chat_template: [] }], [{ chat_template: 1 }]])(
  "none in %j: plain, and it says so",
  (config) => {
    expect(chatFromFolder(config, null, tokenizer).name).toBe("plain");
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
  const chat = chatFromFolder({ chat_template: "{% if %}" }, null, tokenizer);
  expect(() => chat.render(messages)).toThrow(InvalidRequestError);
  expect(() => chat.render(messages)).toThrow(
    /^chat_template of tokenizer_config\.json is not a template that can be run/,
  );
});
