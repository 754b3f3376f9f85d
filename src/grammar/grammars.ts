import { type Expression, literals } from "../constraints/expression.ts";
import { Grammar } from "../constraints/grammar.ts";
import { regex } from "../constraints/regex.ts";
import { type TokenSource, TokenTrie } from "../constraints/token-trie.ts";
import { ConstraintError } from "../errors.ts";
import type { GrammarFormat } from "../response-format.ts";
import type { TokenMask } from "../token-mask.ts";
import { gbnf } from "./gbnf.ts";
import { jsonObject, jsonSchema } from "./json-schema/compile.ts";

/** Compiled grammars that are kept, each with up to 64 MiB of masks: a server's few schemas. */
const MAX_GRAMMARS = 16;

/** Longest description of a format, as JSON: a schema of 64 KiB, with escapes. */
const MAX_FORMAT_LENGTH = 128 * 1024;

export interface GrammarsOptions {
  readonly tokenizer: Pick<TokenSource, "tokenBytes">;
  /** Ids of the model, which may be more than the tokenizer's. */
  readonly vocabSize: number;
  /** Whether JSON may have a space or a line break between tokens. Default true. */
  readonly whiteSpace?: boolean;
}

/**
 * Makes an engine's masks of response formats. Compiled grammars are kept by format and stop ids, the 16 that were used
 * last. The tokens' prefix tree is made with the first format: about a second at 128k ids.
 */
export function grammars(options: GrammarsOptions): Grammars {
  return new Grammars(options);
}

/** See `grammars`. */
export class Grammars {
  readonly #options: GrammarsOptions;
  readonly #kept = new Map<string, Grammar>();
  #trie: TokenTrie | null = null;

  constructor(options: GrammarsOptions) {
    this.#options = options;
  }

  /** Throws `ConstraintError` that names what the format has and no grammar supports. */
  mask(format: GrammarFormat, stopTokenIds: readonly number[]): TokenMask {
    const key = JSON.stringify([format, stopTokenIds]);
    if (key.length > MAX_FORMAT_LENGTH) {
      throw new ConstraintError(`a response format has ${key.length} characters, ${MAX_FORMAT_LENGTH} are supported`);
    }
    const grammar = this.#kept.get(key) ?? this.#compile(format, stopTokenIds);
    this.#kept.delete(key);
    this.#kept.set(key, grammar);
    if (this.#kept.size > MAX_GRAMMARS) this.#kept.delete(this.#kept.keys().next().value!);
    return grammar.mask();
  }

  #compile(format: GrammarFormat, stopTokenIds: readonly number[]): Grammar {
    const { tokenizer, vocabSize, whiteSpace } = this.#options;
    const expression = expressionOf(format, whiteSpace);
    this.#trie ??= new TokenTrie({ vocabSize, tokenBytes: (id) => tokenizer.tokenBytes(id) });
    return new Grammar(expression, this.#trie, stopTokenIds);
  }
}

function expressionOf(format: GrammarFormat, whiteSpace: boolean | undefined): Expression {
  switch (format.type) {
    case "json_object":
      return jsonObject({ whiteSpace });
    case "json_schema":
      return jsonSchema(format.schema, { whiteSpace });
    case "regex":
      return regex(text("pattern", format.pattern));
    case "choice":
      return literals(texts(format.choices));
    case "grammar":
      return gbnf(text("grammar", format.grammar));
    default: {
      const types = "text, json_object, json_schema, regex, choice or grammar";
      throw new ConstraintError(
        `responseFormat.type must be ${types}, got ${String((format as { type: unknown }).type)}`,
      );
    }
  }
}

function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ConstraintError(`responseFormat.${name} must be text, got ${String(value)}`);
}

function texts(choices: unknown): readonly string[] {
  if (Array.isArray(choices) && choices.length > 0) return choices.map((each) => text("choices", each));
  throw new ConstraintError(`responseFormat.choices must be an array of texts, got ${String(choices)}`);
}
