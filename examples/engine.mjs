// The engine of all examples: the built-in model on the CPU, in a worker, so that steps never hold up the server.
import { createWorkerEngine } from "bstar/worker";
import { loadModel } from "bstar/models";

// Browsers, Deno and Bun have a global Worker; Node has its own.
const Worker = globalThis.Worker ?? (await import("node:worker_threads")).Worker;

/** What `createHandler` needs. */
export async function openEngine(source = "builtin") {
  const worker = new Worker(new URL("./engine-worker.mjs", import.meta.url), { type: "module" });
  const engine = await createWorkerEngine(worker, { init: { source } });
  // The server's side of the model: its name, its tokenizer and how it writes conversations.
  const { name, tokenizer, chat, contextLength } = await loadModel(source);
  return { engine, model: { name, tokenizer, chat, contextLength } };
}
