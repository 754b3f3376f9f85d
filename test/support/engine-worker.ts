/** A worker that serves an engine: on a scripted backend, or on the built-in model and the CPU backend. */
import { createCpuBackend } from "../../src/backends/cpu/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import { loadModel } from "../../src/models/index.ts";
import { serveEngine } from "../../src/worker/index.ts";
import { ScriptedBackend } from "./scripted-backend.ts";

/** What a test asks for. */
export type WorkerInit =
  /** The process of the worker ends in the step of that number. */
  | { readonly kind: "dies"; readonly inStep: number }
  /** Steps block the worker while the word is 0. */
  | { readonly kind: "blocks"; readonly word: SharedArrayBuffer }
  | { readonly kind: "builtin" };

serveEngine(async (given, events) => {
  const init = given as WorkerInit;
  if (init.kind === "builtin") {
    const { model, tokenizer, eosTokenIds, name, contextLength } = await loadModel("builtin");
    const sizes = { blockCount: 64, blockSize: 16, maxTokens: 64, maxRequests: 8, threads: 1 };
    const backend = await createCpuBackend({ model, ...sizes });
    const engine = new Engine({ backend, tokenizer, stopTokenIds: eosTokenIds, ...events });
    return { engine, info: { name, contextLength } };
  }
  const fails = (_plan: unknown, executed: number): undefined => {
    if (init.kind === "dies" && executed === init.inStep) process.exit(3);
    if (init.kind === "blocks") Atomics.wait(new Int32Array(init.word), 0, 0);
    return undefined;
  };
  return { engine: new Engine({ backend: new ScriptedBackend({ fails }), ...events }) };
});
