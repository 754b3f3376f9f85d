import type { ChatMessage, ChatValue } from "../../chat.ts";
import { isObject } from "../../json.ts";

const PROBE = "a7f3";

/**
 * Whether a template writes the texts of a content that is a list of parts. A template of texts alone writes the list
 * as JSON, leaves it out, or fails.
 */
export function takesParts(render: (messages: readonly ChatMessage[]) => string): boolean {
  try {
    const text = render([{ role: "user", content: [{ type: "text", text: PROBE }] }]);
    return text.includes(PROBE) && !text.includes(JSON.stringify(PROBE));
  } catch {
    return false;
  }
}

export function hasParts(messages: readonly ChatMessage[]): boolean {
  return messages.some(({ content }) => Array.isArray(content));
}

/** Contents that are lists of text parts as one text, a line break between two; others stay. */
export function joinParts(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    const texts = textsOf(message.content);
    return texts === null ? message : { ...message, content: texts.join("\n") };
  });
}

function textsOf(content: ChatValue | undefined): readonly string[] | null {
  if (!Array.isArray(content)) return null;
  const texts = (content as readonly unknown[]).map((part) => (isObject(part) ? part["text"] : undefined));
  return texts.every((text) => typeof text === "string") ? texts : null;
}
