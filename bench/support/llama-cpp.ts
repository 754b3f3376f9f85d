/**
 * llama.cpp by node-llama-cpp, which is no dependency: `npm install --no-save --ignore-scripts node-llama-cpp`, or
 * BSTAR_PEERS names the folder that has it in its node_modules.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Model } from "../../src/model.ts";
import { ggufChunks } from "../../test/support/gguf-files.ts";

/** What is used of the package. */
export interface LlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}

export interface LlamaModel {
  tokenize(text: string): number[];
  detokenize(ids: readonly number[]): string;
  createContext(options: object): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

export interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}

export interface LlamaSequence {
  /** Tokens that are in its cache. */
  readonly nextTokenIndex: number;
  /** Keeps what the tokens begin with. */
  adaptStateToTokens(ids: readonly number[], allowShift: boolean): Promise<void>;
  controlledEvaluate(input: unknown[]): Promise<unknown>;
  evaluate(ids: readonly number[], options: object): AsyncGenerator<number>;
  clearHistory(): Promise<void>;
}

/** Null where it is not installed. */
export async function loadLlamaCpp(): Promise<LlamaCpp | null> {
  const require = createRequire(pathToFileURL(join(resolve(process.env["BSTAR_PEERS"] ?? "."), "package.json")));
  try {
    return (await import(pathToFileURL(require.resolve("node-llama-cpp")).href)) as LlamaCpp;
  } catch {
    return null;
  }
}

/** Writes a model as a GGUF file for as long as it is used. */
export async function withGgufFile(model: Model, use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bstar-bench-"));
  try {
    const path = join(folder, "model.gguf");
    const file = openSync(path, "w");
    for (const chunk of ggufChunks("llama", model)) writeSync(file, chunk);
    closeSync(file);
    await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
