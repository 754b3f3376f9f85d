import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as XGrammar from "@mlc-ai/web-xgrammar";
import { Grammar } from "../../src/constraints/grammar.ts";
import { maskWordCount } from "../../src/token-mask.ts";
import { TokenTrie } from "../../src/constraints/token-trie.ts";
import { jsonSchema } from "../../src/grammar/json-schema/compile.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { BenchRow } from "../bench.ts";

/** About Llama 3's vocabulary. */
const VOCAB_SIZE = 131_072;
const STOP_ID = VOCAB_SIZE;

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
    address: {
      type: "object",
      properties: { street: { type: "string" }, zip: { type: "string" } },
      required: ["street", "zip"],
      additionalProperties: false,
    },
  },
  required: ["name", "age", "tags", "address"],
  additionalProperties: false,
};

const TEXTS = [
  '{"name": "Ada Lovelace", "age": 36, "tags": ["mathematics", "engines", "notes"], "address": {"street": "12 St James", "zip": "SW1"}}',
  '{"name": "Grace", "age": 85, "tags": [], "address": {"street": "Arlington", "zip": "22211"}}',
];

const LETTERS = "etaoinshrdlucmfwypvbgkjqxz";
const PUNCTUATION = [
  '{"',
  '":',
  '": ',
  '", "',
  '"}',
  "},",
  '",',
  '"]',
  "[]",
  "{}",
  ": ",
  ", ",
  "\n  ",
  '["',
  "}]",
  '":"',
  '":{"',
  "0,",
  "00",
];

/**
 * Bytes, JSON's punctuation, and random words with and without a space before them: as long-tailed as a byte-level
 * BPE's.
 */
function randomVocabulary(size: number): Uint8Array[] {
  const encoder = new TextEncoder();
  const random = new SeededRandom(1);
  const tokens = new Map<string, Uint8Array>();
  for (let byte = 0; byte < 256; byte++) tokens.set(`byte ${byte}`, Uint8Array.of(byte));
  for (const text of PUNCTUATION) tokens.set(text, encoder.encode(text));
  while (tokens.size < size) {
    const length = random.integer(2, 9);
    let word = random.chance(0.6) ? " " : "";
    for (let i = 0; i < length; i++) word += LETTERS[Math.floor(LETTERS.length * random.next() ** 2)];
    if (random.chance(0.1)) word = word.trim() + String(random.integer(0, 999));
    tokens.set(word, encoder.encode(word));
  }
  return [...tokens.values()];
}

/** Ids of the text, longest token first. */
function greedyIds(tokens: readonly Uint8Array[], text: string): number[] {
  const byText = new Map(tokens.map((bytes, id) => [Buffer.from(bytes).toString("latin1"), id]));
  const bytes = Buffer.from(text).toString("latin1");
  const ids: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = Math.min(12, bytes.length - at);
    while (!byText.has(bytes.slice(at, at + length))) length--;
    ids.push(byText.get(bytes.slice(at, at + length))!);
    at += length;
  }
  return ids;
}

/** Milliseconds of `fn`, and what it gave. */
function timed<T>(fn: () => T): [milliseconds: number, result: T] {
  const start = performance.now();
  const result = fn();
  return [performance.now() - start, result];
}

function row(name: string, milliseconds: readonly number[], reference: readonly number[]): BenchRow {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    name,
    medianSeconds: sorted[sorted.length >> 1] / 1000,
    p99Seconds: sorted[Math.ceil(0.99 * sorted.length) - 1] / 1000,
    samples: sorted.length,
    note: sorted.length > 1 ? `at most ${sorted.at(-1)!.toFixed(2)} ms` : undefined,
    reference: `web-xgrammar ${describe(reference)}`,
  };
}

function describe(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return sorted.length > 1
    ? `${(1000 * median).toFixed(1)} µs, at most ${sorted.at(-1)!.toFixed(2)} ms`
    : `${median.toFixed(0)} ms`;
}

export default async function (): Promise<BenchRow[]> {
  const tokens = randomVocabulary(VOCAB_SIZE);
  const ids = TEXTS.map((text) => greedyIds(tokens, text));
  const source = { vocabSize: VOCAB_SIZE + 1, tokenBytes: (id: number) => tokens[id] ?? new Uint8Array(0) };
  const [trieTime, trie] = timed(() => new TokenTrie(source));
  const [compileTime, grammar] = timed(() => new Grammar(jsonSchema(SCHEMA), trie, [STOP_ID]));
  const theirs = await xgrammarTimes(tokens, ids);
  const words = new Int32Array(maskWordCount(source.vocabSize));
  const first: number[] = [];
  const again: number[] = [];
  for (const times of [first, again, again]) {
    for (const text of ids) {
      const mask = grammar.mask();
      for (const id of text) {
        times.push(timed(() => mask.fill(words))[0]);
        if (!mask.accept(id)) throw new Error(`the grammar refuses ${id}`);
      }
    }
  }
  return [
    row(`trie of ${VOCAB_SIZE} tokens`, [trieTime], [theirs.info]),
    row("compile a JSON schema of 6 properties", [compileTime], [theirs.compile]),
    row(`mask fill at ${VOCAB_SIZE}, first texts of a grammar`, first, theirs.fill),
    row(`mask fill at ${VOCAB_SIZE}, later texts`, again, theirs.fill),
  ];
}

async function xgrammarTimes(tokens: readonly Uint8Array[], texts: readonly (readonly number[])[]) {
  const { TokenizerInfo, GrammarCompiler, GrammarMatcher } = loadXGrammar();
  const vocabulary = tokens.map((bytes) => Buffer.from(bytes).toString("latin1"));
  const start = performance.now();
  const info = await TokenizerInfo.createTokenizerInfo([...vocabulary, "</s>"], "raw", false, VOCAB_SIZE + 1, [
    STOP_ID,
  ]);
  const infoTime = performance.now() - start;
  const compiler = await GrammarCompiler.createGrammarCompiler(info, false);
  const compileStart = performance.now();
  const compiled = await compiler.compileJSONSchema(JSON.stringify(SCHEMA), true);
  const compile = performance.now() - compileStart;
  const fill: number[] = [];
  for (const text of texts) {
    const matcher = await GrammarMatcher.createGrammarMatcher(compiled);
    for (const id of text) {
      const fillStart = performance.now();
      await matcher.getNextTokenBitmask();
      fill.push(performance.now() - fillStart);
      matcher.acceptToken(id);
    }
    matcher.dispose();
  }
  return { info: infoTime, compile, fill };
}

/** The package is UMD under `"type": "module"`, so that neither `import` nor `require` loads it. */
function loadXGrammar(): typeof XGrammar {
  const require = createRequire(import.meta.url);
  const path = require.resolve("@mlc-ai/web-xgrammar");
  const module = { exports: {} };
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function("exports", "module", "require", "__filename", readFileSync(path, "utf8"))(
    module.exports,
    module,
    require,
    path,
  );
  return module.exports as typeof XGrammar;
}
