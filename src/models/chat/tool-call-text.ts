import type { ChatToolCall } from "../../chat.ts";
import { isObject } from "../../json.ts";

/** `{"name": …, "arguments": {…}}`, or with `parameters` as Llama 3 says; null where it is no call. */
export function parseJsonCall(text: string): ChatToolCall[] | null {
  const call = callOf(parseJson(text.trim()));
  return call === null ? null : [call];
}

/**
 * Mistral's: a JSON list of calls, or since its tokenizer v11 `name[ARGS]{…}`, each but the first behind
 * `[TOOL_CALLS]`.
 */
export function parseCallList(text: string): ChatToolCall[] | null {
  const list = parseJson(text.trim());
  if (Array.isArray(list)) return allOrNull(list.map(callOf));
  return allOrNull(text.split("[TOOL_CALLS]").map(parseNamedCall));
}

function parseNamedCall(text: string): ChatToolCall | null {
  const named = /^\s*([\w.-]+)\s*(?:\[CALL_ID\]\w*)?\[ARGS\]([\s\S]*)$/.exec(text);
  return named === null ? null : callOf({ name: named[1], arguments: parseJson(named[2].trim()) });
}

function allOrNull(calls: readonly (ChatToolCall | null)[]): ChatToolCall[] | null {
  const found = calls.filter((call) => call !== null);
  return found.length > 0 && found.length === calls.length ? found : null;
}

/** Arguments may be JSON text themselves. */
function callOf(value: unknown): ChatToolCall | null {
  if (!isObject(value) || typeof value["name"] !== "string") return null;
  const given = value["arguments"] ?? value["parameters"];
  const read = typeof given === "string" ? parseJson(given) : given;
  return isObject(read) ? { name: value["name"], arguments: JSON.stringify(read) } : null;
}

/** Undefined where it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
