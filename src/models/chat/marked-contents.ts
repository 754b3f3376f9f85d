import type { ChatMessage, ChatValue } from "../../chat.ts";
import type { TextPart } from "../../tokenizer.ts";

/** What a template is rendered with. */
interface Inputs {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatValue[] | undefined;
}

/** Inputs with a marker in the place of each text. */
export interface MarkedContents {
  readonly inputs: Inputs;
  /** By the number of their markers. */
  readonly contents: readonly string[];
  /** Finds a marker; its group is the number. */
  readonly marker: RegExp;
}

/**
 * A text that stays as it is: templates compare such words (roles, types, names of tools), and no control token is
 * written like that.
 */
const WORD = /^[\w.-]*$/;

/** First of the private characters that a marker is made of (plane 15, which no script uses). */
const FIRST_PRIVATE = 0xf0000;

/**
 * Replaces each content, and each other text of messages and tools that is more than a word, by a marker. White space
 * alone stays, as templates ask whether there is a content.
 */
export function markContents(inputs: Inputs, source: string): MarkedContents {
  const fence = unusedCharacter(JSON.stringify(inputs) + source);
  const contents: string[] = [];
  const mark = (text: string): string => `${fence}${contents.push(text) - 1}${fence}`;
  const walk = (value: ChatValue | undefined, key: string): ChatValue | undefined => {
    if (typeof value === "string") return stays(value, key) ? value : mark(value);
    if (Array.isArray(value)) return value.map((each: ChatValue) => walk(each, key)!);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [WORD.test(name) ? name : mark(name), walk(each, name)]),
    );
  };
  const marked = {
    messages: walk(inputs.messages, "") as readonly ChatMessage[],
    tools: walk(inputs.tools, "") as Inputs["tools"],
  };
  return { inputs: marked, contents, marker: new RegExp(`${fence}(\\d+)${fence}`, "u") };
}

function stays(text: string, key: string): boolean {
  return text.trim() === "" || (key !== "content" && key !== "text" && WORD.test(text));
}

function unusedCharacter(text: string): string {
  let point = FIRST_PRIVATE;
  while (text.includes(String.fromCodePoint(point))) point++;
  return String.fromCodePoint(point);
}

/**
 * The parts of a rendered text: between the markers of the marked rendering stand the template's words, and in the
 * place of a marker its content, trimmed or not, or as JSON. Null where the text is not made like that.
 */
export function partsOf(text: string, marked: string, { contents, marker }: MarkedContents): TextPart[] | null {
  const pieces = marked.split(marker);
  if (!text.startsWith(pieces[0])) return null;
  const parts: TextPart[] = [{ text: pieces[0], specialTokens: "parse" }];
  let at = pieces[0].length;
  for (let i = 1; i < pieces.length; i += 2) {
    const words = pieces[i + 1];
    const isLast = i + 2 === pieces.length;
    const content = formsOf(contents[Number(pieces[i])]).find(
      (form) => text.startsWith(form + words, at) && (!isLast || at + form.length + words.length === text.length),
    );
    if (content === undefined) return null;
    parts.push({ text: content, specialTokens: "text" }, { text: words, specialTokens: "parse" });
    at += content.length + words.length;
  }
  return at === text.length ? parts.filter((part) => part.text !== "") : null;
}

/** Longest first: of two that fit, the longer one leaves less to the template. */
function formsOf(content: string): string[] {
  const json = JSON.stringify(content).slice(1, -1);
  return [content, content.trimEnd(), content.trimStart(), content.trim(), json].sort((a, b) => b.length - a.length);
}
