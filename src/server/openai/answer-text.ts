import type { ChatDelta, ChatOutputParser } from "../../chat.ts";
import type { Answer } from "./job.ts";
import { tokenBytesOf, type TokenNames } from "./logprobs.ts";

/** What formats of conversations need beside the request. */
export interface ChatFormatParts {
  readonly tokenizer: TokenNames;
  /** For each answer a parser of its own. */
  readonly newParser: () => ChatOutputParser;
  /** An id that nothing else has. */
  readonly newId: () => string;
}

/** The text of one answer, taken apart as it comes. */
export class AnswerText {
  /** Calls so far. */
  callCount = 0;
  readonly #parser: ChatOutputParser;

  constructor(parser: ChatOutputParser) {
    this.#parser = parser;
  }

  /** What became certain with this text; all that was held back where it is the last. */
  parse(text: string, isLast: boolean): ChatDelta {
    const delta = this.#parser.push(text);
    const certain = isLast ? joined(delta, this.#parser.end()) : delta;
    this.callCount += certain.toolCalls.length;
    return certain;
  }
}

function joined(a: ChatDelta, b: ChatDelta): ChatDelta {
  return {
    content: a.content + b.content,
    reasoning: a.reasoning + b.reasoning,
    toolCalls: [...a.toolCalls, ...b.toolCalls],
  };
}

/** Tokens of all answers up to the last one of each thought, its opening mark included. */
export function thoughtTokens(answers: readonly Answer[], parts: ChatFormatParts): number {
  return answers.reduce((sum, answer) => sum + thoughtTokensOf(answer, parts), 0);
}

/** Reads the answer once more, token by token, where it has a thought. */
function thoughtTokensOf({ text, tokenIds }: Answer, { newParser, tokenizer }: ChatFormatParts): number {
  if (newParser().push(text).reasoning === "") return 0;
  const parser = newParser();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let count = 0;
  for (const [i, id] of tokenIds.entries()) {
    const piece = decoder.decode(tokenBytesOf(tokenizer, id), { stream: true });
    if (parser.push(piece).reasoning !== "") count = i + 1;
  }
  return count;
}
