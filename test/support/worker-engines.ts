import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import type { MakeEngine } from "../../src/worker/serve-engine.ts";
import { serveEngine } from "../../src/worker/serve-engine.ts";
import { createWorkerEngine, type WorkerEngine, type WorkerEngineOptions } from "../../src/worker/worker-engine.ts";
import { ScriptedBackend, type Script } from "./scripted-backend.ts";

/** An engine on a scripted backend behind a port of this thread, and both sides of it. */
export async function setUpPort(
  options: Partial<EngineOptions> = {},
  script: Script = {},
  clientOptions: WorkerEngineOptions = {},
): Promise<{
  readonly backend: ScriptedBackend;
  readonly inner: Engine;
  readonly engine: WorkerEngine;
  readonly port: MessagePort;
}> {
  const backend = new ScriptedBackend(script);
  let inner!: Engine;
  const { engine, port } = await openPort((_init, events) => {
    inner = new Engine({ backend, ...options, ...events });
    return { engine: inner };
  }, clientOptions);
  return { backend, inner, engine, port };
}

/** A client of what `make` makes, over a port of this thread. */
export async function openPort(
  make: MakeEngine,
  options: WorkerEngineOptions = {},
): Promise<{ readonly engine: WorkerEngine; readonly port: MessagePort }> {
  const { port1, port2 } = new MessageChannel();
  serveEngine(make, port2);
  return { engine: await createWorkerEngine(port1, options), port: port1 };
}
