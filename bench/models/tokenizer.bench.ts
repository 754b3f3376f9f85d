import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { parseJsonObject } from "../../src/json.ts";
import { parseTokenizer } from "../../src/models/tokenizer.ts";
import type { BenchRow, Suite } from "../bench.ts";

/** What is used of the library. */
interface Library {
  encode(text: string): { readonly ids: readonly number[] };
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** By name: the built-in model's, and the tiny ones of each kind where they are there. */
const FILES: readonly (readonly [string, string])[] = [
  ["built-in", "models/builtin/tokenizer.json"],
  ["llama3 (byte-level BPE)", "../shared/fixtures/hf/llama3/tokenizer.json"],
  ["mistral (BPE with byte fallback)", "../shared/fixtures/hf/mistral/tokenizer.json"],
];

/**
 * English text with code: some 30,000 characters. The library takes time in proportion to the square of a text that is
 * not cut.
 */
const TEXT = ["docs/scheduler.md", "docs/engine.md"]
  .map((file) => readFileSync(root + file, "utf8"))
  .join("\n")
  .slice(0, 30_000);

export default function (suite: Suite): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [name, file] of FILES.filter(([, path]) => existsSync(root + path))) {
    const json = parseJsonObject(readFileSync(root + file), file);
    const tokenizer = parseTokenizer(json);
    const library = new LibraryTokenizer(json, {}) as Library;
    const count = tokenizer.encode(TEXT).length;
    suite.add(`${name}, a token`, () => tokenizer.encode(TEXT), { opsPerCall: count });
    suite.add(`${name}, a token, library`, () => library.encode(TEXT), { opsPerCall: count });
    suite.ratio(`${name}, bstar / library`, `${name}, a token`, `${name}, a token, library`);
    rows.push({
      name: `${name}, tokens of ${TEXT.length} characters`,
      note: `${count}, the library ${library.encode(TEXT).ids.length}`,
    });
  }
  return rows;
}
