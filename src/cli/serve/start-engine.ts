import { Worker } from "node:worker_threads";
import type { Engine } from "../../engine/engine.ts";
import type { OpenedModel } from "../../models/index.ts";
import type { StepTimeFit } from "../../policies/budget/step-time-fit.ts";
import { createWorkerEngine, type EngineEvents, type WorkerEngine } from "../../worker/index.ts";
import { budgetLine } from "../budget-line.ts";
import type { Io } from "../io.ts";
import { type EngineFacts, openEngine } from "./open-engine.ts";
import type { ServeOptions } from "./options.ts";

/** An engine, wherever it runs. */
export interface StartedEngine {
  readonly engine: Engine | WorkerEngine<EngineFacts>;
  readonly info: EngineFacts;
}

/**
 * Starts the engine: in a worker thread where the backend computes on the CPU, whose steps would else keep requests
 * waiting; in this one on a GPU, which works by itself.
 */
export async function startEngine(
  options: ServeOptions,
  loaded: OpenedModel,
  { io, onStep, onKvEvent }: { io: Io } & Pick<EngineEvents, "onStep" | "onKvEvent">,
): Promise<StartedEngine> {
  let started: StartedEngine | null = null;
  const onCalibrated = (fit: StepTimeFit): void => {
    const tell = async (): Promise<void> => {
      const stats = await started?.engine.stats();
      if (stats !== undefined) await io.stderr.write(budgetLine(fit, stats.tokenBudget));
    };
    // A closed standard error must not end the server.
    tell().catch(() => {});
  };
  const events: EngineEvents = { onStep, onCalibrated, ...(onKvEvent !== undefined && { onKvEvent }) };
  started = (await isOnGpu(options))
    ? await openEngine(options, loaded, { io, events })
    : await inWorker(options, events);
  return started;
}

async function isOnGpu({ backend }: ServeOptions): Promise<boolean> {
  if (backend !== undefined) return backend === "webgpu";
  const { openRealGpu } = await import("../webgpu-node.ts");
  return openRealGpu().then(
    () => true,
    () => false,
  );
}

async function inWorker(options: ServeOptions, events: EngineEvents): Promise<StartedEngine> {
  const file = import.meta.url.endsWith(".ts") ? "./engine-worker.ts" : "./engine-worker.js";
  const worker = new Worker(new URL(file, import.meta.url));
  const engine = await createWorkerEngine<EngineFacts>(worker, { init: { ...options }, ...events });
  return { engine, info: engine.info };
}
