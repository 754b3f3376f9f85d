/** The worker thread of `bstar serve`: the engine, away from the thread that serves HTTP. */
import { serveEngine } from "../../worker/index.ts";
import { WITHOUT_GPU } from "../choose-backend.ts";
import { QUANTIZED } from "../engine-options.ts";
import { openModel, thenClose } from "../model-source.ts";
import { StreamOutput } from "../output.ts";
import { openEngine } from "./open-engine.ts";
import type { ServeOptions } from "./options.ts";

serveEngine(async (init, events) => {
  const options = init as ServeOptions;
  const io = { stderr: new StreamOutput(process.stderr, "standard error", process.env) };
  const loaded = await openModel(options.model, { quantize: QUANTIZED[options.quantize ?? "none"] });
  return thenClose(loaded, openEngine(options, loaded, { io, events, openers: WITHOUT_GPU }));
});
