/** The worker of `bstar serve`: loads the model and runs its engine. */
import { serveEngine } from "../../worker/index.ts";
import { QUANTIZED } from "../engine-options.ts";
import { openModel, thenClose } from "../model-source.ts";
import { type EngineFacts, openEngine } from "./open-engine.ts";
import type { ServeOptions } from "./options.ts";

/** What the worker says of its engine. */
export interface WorkerFacts extends EngineFacts {
  /** Lines for standard error: why a slow backend was taken. */
  readonly notes: readonly string[];
}

serveEngine(async (init, events) => {
  const options = init as ServeOptions;
  const loaded = await openModel(options.model, { quantize: QUANTIZED[options.quantize ?? "none"] });
  const notes: string[] = [];
  const stderr = { write: async (text: string) => void notes.push(text), terminal: null };
  const { engine, facts } = await thenClose(loaded, openEngine(options, { loaded, events, io: { stderr } }));
  return { engine, info: { ...facts, notes } satisfies WorkerFacts };
});
