/**
 * Asks llama.cpp how it cuts texts for each value of `tokenizer.ggml.pre`, and writes
 * test/support/pre-tokenizer-peers.json. With a seed it compares random texts instead, and ends with 1 where ids differ.
 * Needs node-llama-cpp, which is no dependency: `npm install --no-save --ignore-scripts node-llama-cpp` first, or name
 * its folder. usage: npx node scripts/pre-tokenizer-peers.ts [folder that has node_modules/node-llama-cpp] [seed]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { GGUF_PRE_TOKENIZERS } from "../src/models/tokenizer/gguf-patterns.ts";
import { tokenizerFromGguf } from "../src/models/tokenizer/gguf-tokenizer.ts";
import { randomModel } from "../src/testing/random-model.ts";
import { ggufOf } from "../test/support/gguf-files.ts";
import { CUT_TEXTS, cutMetadata, ofPre, randomTexts } from "../test/support/pre-tokenizer-cases.ts";

/** What is used of the package. */
interface Peer {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<PeerModel> }>;
}
interface PeerModel {
  tokenize(text: string): number[];
  readonly tokens: { readonly shouldPrependBosToken: boolean };
  dispose(): Promise<void>;
}

/** Random texts that the vocabulary is made of, and those beside. */
const LEARNED = 260;
const OTHERS = 400;

const [from = ".", seed] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(resolve(from), "package.json")));
const peer = (await import(pathToFileURL(require.resolve("node-llama-cpp")).href)) as Peer;
const llama = await peer.getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
const folder = mkdtempSync(join(tmpdir(), "bstar-peers-"));
await (seed === undefined ? writeAnswers() : compare(randomTexts(Number(seed), LEARNED + OTHERS)));
rmSync(folder, { recursive: true });

async function writeAnswers(): Promise<void> {
  const names = new Map<string, string[]>();
  await forEachName(CUT_TEXTS, (name, model) => {
    const ids = CUT_TEXTS.map((text) => model.tokenize(text));
    const answer = JSON.stringify({ addBos: model.tokens.shouldPrependBosToken, ids });
    names.set(answer, [...(names.get(answer) ?? []), name]);
  });
  const lines = [...names].map(([answer, of]) => `{"names":${JSON.stringify(of)},${answer.slice(1)}`);
  writeFileSync(new URL("../test/support/pre-tokenizer-peers.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
}

async function compare(texts: readonly string[]): Promise<void> {
  let differing = 0;
  await forEachName(texts.slice(0, LEARNED), (name, model, metadata) => {
    const tokenizer = tokenizerFromGguf(metadata);
    const wrong = texts.filter(
      (text) => !isDeepStrictEqual(model.tokenize(text), tokenizer.encode(text, { addSpecialTokens: false })),
    );
    differing += wrong.length;
    if (wrong.length > 0) console.log(`${name}: ${wrong.length} differ, such as ${JSON.stringify(wrong[0])}`);
  });
  console.log(`${differing} of ${texts.length * GGUF_PRE_TOKENIZERS.size} texts have other ids`);
  process.exitCode = differing > 0 ? 1 : 0;
}

/** Opens one file after the other, of a vocabulary that learned `learned`. */
async function forEachName(
  learned: readonly string[],
  use: (name: string, model: PeerModel, metadata: ReadonlyMap<string, unknown>) => void,
): Promise<void> {
  const metadata = cutMetadata(learned);
  const decoder = randomModel(1, { vocabSize: metadata["tokenizer.ggml.tokens"].length, hiddenSize: 32 });
  for (const name of GGUF_PRE_TOKENIZERS.keys()) {
    const path = join(folder, "model.gguf");
    writeFileSync(path, ggufOf("llama", decoder, { ...metadata, "tokenizer.ggml.pre": name }));
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
    use(name, model, ofPre(metadata, name));
    await model.dispose();
  }
}
