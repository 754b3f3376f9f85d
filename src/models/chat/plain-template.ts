import type { ChatMessage, ChatPrompt, ChatTemplate, ChatValue } from "../../chat.ts";
import { InvalidRequestError } from "../../errors.ts";
import { assertMessages } from "./chat-template.ts";
import { outputParserFor } from "./output-parser.ts";

/**
 * Stands in for a model's template where it has none, such as a base model: "User: …", a blank line, "Assistant: …".
 * Its `name` is "plain", so that a program can say so. Tools are refused, as nothing says how this model would call
 * them.
 */
export const plainTemplate: ChatTemplate = {
  name: "plain",
  stop: ["\nUser:", "\nSystem:"],
  render: (messages, { tools, addGenerationPrompt = true } = {}) => {
    assertMessages(messages);
    if (tools !== undefined && tools.length > 0) {
      throw new InvalidRequestError("this model has no chat template, so it takes no tools");
    }
    const text = messages.map(turn).join("\n\n") + (addGenerationPrompt ? "\n\nAssistant:" : "");
    return { text, parts: [{ text, specialTokens: "text" }], addSpecialTokens: true } satisfies ChatPrompt;
  },
  outputParser: () => outputParserFor("", { tools: false, prompt: "" }),
};

function turn({ role, content = null }: ChatMessage): string {
  return `${role.slice(0, 1).toUpperCase()}${role.slice(1)}: ${textOf(content).trim()}`;
}

/** Text, or the texts of the parts. */
function textOf(content: ChatValue): string {
  if (typeof content === "string") return content;
  if (content === null) return "";
  const parts = Array.isArray(content) ? (content as readonly ChatValue[]) : [];
  const texts = parts.map((part) => (part as { readonly text?: unknown } | null)?.text);
  if (parts.length > 0 && texts.every((text) => typeof text === "string")) return texts.join("\n");
  throw new InvalidRequestError(`content of a message must be text or parts with text, got ${JSON.stringify(content)}`);
}
