/** `bstar/grammar`: JSON schemas, patterns, choices and grammars to masks over a tokenizer's vocabulary. */
export { Grammar } from "../constraints/grammar.ts";
export { type Expression, literals } from "../constraints/expression.ts";
export { type RegexOptions, regex } from "../constraints/regex.ts";
export { type TokenMask, maskAllows, maskWordCount } from "../token-mask.ts";
export { type TokenSource, TokenTrie } from "../constraints/token-trie.ts";
export { gbnf } from "./gbnf.ts";
export type { GrammarFormat } from "../response-format.ts";
export { type Grammars, grammars, type GrammarsOptions } from "./grammars.ts";
export { type JsonOptions, jsonObject, jsonSchema, jsonValue } from "./json-schema/compile.ts";
