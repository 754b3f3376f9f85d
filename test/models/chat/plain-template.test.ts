import { expect, test } from "vitest";
import { InvalidRequestError } from "../../../src/errors.ts";
import { plainTemplate } from "../../../src/models/chat/plain-template.ts";

test("names each turn, and lets the tokenizer begin the text", () => {
  const prompt = plainTemplate.render([
    { role: "user", content: " Hi " },
    { role: "assistant", content: null },
    {
      role: "user",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
  ]);
  expect(prompt).toEqual({
    text: "User: Hi\n\nAssistant: \n\nUser: a\nb\n\nAssistant:",
    parts: [{ text: prompt.text, specialTokens: "text" }],
    addSpecialTokens: true,
  });
  expect(plainTemplate.render([{ role: "user", content: "Hi" }], { addGenerationPrompt: false }).text).toBe("User: Hi");
  expect(plainTemplate.name).toBe("plain");
});

test("refuses tools, and contents that are no text", () => {
  expect(() => plainTemplate.render([{ role: "user", content: "Hi" }], { tools: [{}] })).toThrow(InvalidRequestError);
  expect(() => plainTemplate.render([{ role: "user", content: [{ type: "image" }] }])).toThrow(
    'content of a message must be text or parts with text, got [{"type":"image"}]',
  );
});

test("an answer is content", () =>
  expect(plainTemplate.outputParser().push("<think>a")).toEqual({ content: "<think>a", reasoning: "", toolCalls: [] }));
