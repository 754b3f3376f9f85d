import { Worker } from "node:worker_threads";
import { createWorkerEngine, type WorkerEngine } from "../../worker/index.ts";
import { budgetLine } from "../budget-line.ts";
import type { Io } from "../io.ts";
import type { WorkerFacts } from "./engine-worker.ts";
import type { ServeOptions } from "./options.ts";

/**
 * The engine of `bstar serve` in a thread of its own: steps and the loading of weights never hold up the thread that
 * serves HTTP. Rejects with what the worker's loading rejects with.
 */
export async function openWorkerEngine(
  options: ServeOptions,
  io: Pick<Io, "stderr">,
): Promise<WorkerEngine<WorkerFacts>> {
  const worker = new Worker(new URL(workerFile(), import.meta.url), { name: "bstar engine" });
  const engine: WorkerEngine<WorkerFacts> = await createWorkerEngine<WorkerFacts>(worker, {
    init: options,
    onCalibrated: (fit) => {
      void engine.stats().then(
        ({ tokenBudget }) => io.stderr.write(budgetLine(fit, tokenBudget)),
        () => {},
      );
    },
  });
  for (const note of engine.info.notes) await io.stderr.write(note);
  return engine;
}

/** The sources are run as they are, the build as JavaScript. */
function workerFile(): string {
  return import.meta.url.endsWith(".ts") ? "./engine-worker.ts" : "./engine-worker.js";
}
