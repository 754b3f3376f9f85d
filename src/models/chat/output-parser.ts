import type { ChatDelta, ChatOutputParser, ChatToolCall } from "../../chat.ts";
import { callStyleOf, CALL_MARKS } from "./call-style.ts";
import { parseCallList, parseJsonCall } from "./tool-call-text.ts";

/** A stretch of an answer that is no plain content. */
interface Block {
  readonly open: string;
  /** Null where it goes on to the end of the answer. */
  readonly close: string | null;
  /** Null for a thought. */
  readonly parse: ((text: string) => ChatToolCall[] | null) | null;
  /** Only where nothing but white space stands before it. */
  readonly first?: boolean;
}

export const THOUGHT: Block = { open: "<think>", close: "</think>", parse: null };

/** Hermes and Qwen. */
const TAGGED_CALL: Block = { open: CALL_MARKS.hermes, close: "</tool_call>", parse: parseJsonCall };

/** Mistral. */
const LISTED_CALLS: Block = { open: CALL_MARKS.mistral, close: null, parse: parseCallList };

/** Llama 3: the whole answer is the call, with or without its tag. */
const TAGGED_JSON: Block = { open: "<|python_tag|>", close: null, parse: parseJsonCall, first: true };
const BARE_JSON: Block = { open: "{", close: null, parse: (text) => parseJsonCall(`{${text}`), first: true };

/**
 * The parser for answers of the family that a chat template belongs to, by the marks that the template writes itself. A
 * prompt that ends with an open `<think>` begins the answer inside a thought, as DeepSeek R1's does.
 */
export function outputParserFor(
  template: string,
  { tools, prompt }: { tools: boolean; prompt: string },
): ChatOutputParser {
  const thinks = template.includes(THOUGHT.open) || template.includes(THOUGHT.close!);
  const blocks = [...(thinks ? [THOUGHT] : []), ...(tools ? callBlocksOf(template) : [])];
  return new BlockParser(blocks, thinks && prompt.trimEnd().endsWith(THOUGHT.open) ? THOUGHT : null);
}

function callBlocksOf(template: string): Block[] {
  switch (callStyleOf(template)) {
    case "hermes":
      return [TAGGED_CALL];
    case "mistral":
      return [LISTED_CALLS];
    case "llama":
      return [TAGGED_JSON, BARE_JSON];
    case null:
      return [];
  }
}

/** White space behind a block's marks belongs to the marks. */
class BlockParser implements ChatOutputParser {
  readonly #blocks: readonly Block[];
  #inside: Block | null;
  /** Not yet certain: it may become a mark, or is inside a call. */
  #held = "";
  #skipsSpace: boolean;
  #atStart = true;

  constructor(blocks: readonly Block[], inside: Block | null) {
    this.#blocks = blocks;
    this.#inside = inside;
    this.#skipsSpace = inside !== null;
  }

  push(text: string): ChatDelta {
    const delta = new Collected();
    this.#held += text;
    while (this.#step(delta));
    return delta;
  }

  end(): ChatDelta {
    const delta = new Collected();
    const rest = this.#held;
    this.#held = "";
    if (this.#inside === null || this.#inside.parse === null) this.#emit(rest, delta);
    else this.#finishCall(this.#inside, rest, "", delta);
    return delta;
  }

  /** Takes one mark or one stretch of text out of what is held; false where more is needed. */
  #step(delta: Collected): boolean {
    if (this.#skipsSpace) {
      this.#held = this.#held.trimStart();
      if (this.#held === "") return false;
      this.#skipsSpace = false;
    }
    return this.#inside === null ? this.#lookForOpen(delta) : this.#lookForClose(this.#inside, delta);
  }

  #lookForOpen(delta: Collected): boolean {
    const open = this.#blocks.filter(({ first }) => first !== true || this.#mayBeFirst());
    const at = Math.min(...open.map((block) => indexOrEnd(this.#held, block.open)));
    const found = open.find((block) => this.#held.startsWith(block.open, at));
    if (found === undefined) {
      const certain =
        this.#held.length -
        longestBeginning(
          this.#held,
          open.map((block) => block.open),
        );
      this.#emit(this.#take(certain), delta);
      return false;
    }
    this.#emit(this.#take(at), delta);
    this.#take(found.open.length);
    this.#inside = found;
    this.#skipsSpace = found.parse === null;
    return true;
  }

  /** Whether the answer so far is white space, so that a whole-answer block may still come. */
  #mayBeFirst(): boolean {
    return this.#atStart && /^\s*(?:\{|<|$)/.test(this.#held);
  }

  #lookForClose(block: Block, delta: Collected): boolean {
    if (block.close === null) return false;
    const at = this.#held.indexOf(block.close);
    if (at < 0) {
      if (block.parse === null) {
        this.#emit(this.#take(this.#held.length - longestBeginning(this.#held, [block.close])), delta);
      }
      return false;
    }
    const text = this.#take(at);
    this.#take(block.close.length);
    if (block.parse === null) this.#emit(text, delta);
    else this.#finishCall(block, text, block.close, delta);
    this.#inside = null;
    this.#skipsSpace = true;
    return true;
  }

  /** What is no call is content, marks and all. */
  #finishCall(block: Block, text: string, close: string, delta: Collected): void {
    const calls = block.parse!(text);
    this.#atStart = false;
    if (calls === null) delta.content += block.open + text + close;
    else delta.toolCalls.push(...calls);
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }

  #emit(text: string, delta: Collected): void {
    if (this.#inside === THOUGHT) delta.reasoning += text;
    else delta.content += text;
    if (this.#inside === null && text.trim() !== "") this.#atStart = false;
  }
}

class Collected implements ChatDelta {
  content = "";
  reasoning = "";
  readonly toolCalls: ChatToolCall[] = [];
}

function indexOrEnd(text: string, wanted: string): number {
  const at = text.indexOf(wanted);
  return at < 0 ? text.length : at;
}

/** Length of the longest end of the text that one of the marks begins with. */
function longestBeginning(text: string, marks: readonly string[]): number {
  const longest = Math.max(0, ...marks.map((mark) => mark.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    if (marks.some((mark) => mark.startsWith(text.slice(text.length - length)))) return length;
  }
  return 0;
}
