import { setMaxListeners } from "node:events";
import { DEFAULT_BLOCK_SIZE } from "../../config.ts";
import { chooseBackend } from "../choose-backend.ts";
import { EXIT_FAILED } from "../failure.ts";
import type { Io } from "../io.ts";
import { openModel, thenClose } from "../model-source.ts";
import { DemoRun } from "./demo-run.ts";
import { eventLine, showLive, showPlain } from "./display.ts";
import type { Frame } from "./frame.ts";
import type { DemoOptions } from "./options.ts";
import { readScript } from "./script.ts";
import { formatSummary } from "./summary.ts";

/** Of the random choices, beside the temperature: cuts off what a small model is least sure of. */
const TOP_P = 0.95;

/** Runs `bstar demo`: the script through one engine, drawn or told as it happens, and a summary at the end. */
export async function demo(options: DemoOptions, io: Io): Promise<void> {
  const { tokenBudget, blocks, temperature, seed, speed } = options;
  // A terminal would stay empty until shaders are compiled: seconds on a GPU, half a minute on a software adapter.
  if (io.stdout.terminal !== null) await io.stdout.write("Loading the model and preparing the backend ...\n");
  const [script, loaded] = await Promise.all([readScript(), openModel("builtin")]);
  const sizes = {
    model: loaded.model,
    blockCount: blocks,
    blockSize: DEFAULT_BLOCK_SIZE,
    maxTokens: tokenBudget,
    maxRequests: script.length,
  };
  const backend = await thenClose(loaded, chooseBackend(options.backend, sizes, io));
  const title = `${loaded.name} on ${backend.info.name}`;
  const lines: string[] = [];
  const sampling = { temperature, topP: TOP_P, seed };
  await using run = new DemoRun({
    backend,
    tokenizer: loaded.tokenizer,
    stopTokenIds: loaded.eosTokenIds,
    script,
    sampling,
    speed,
    title,
    onEvent: (event) => lines.push(eventLine(event)),
  });
  await playShown(run, lines, io);
  await io.stdout.write(formatSummary(run.summary()));
  if (run.failed) io.exitCode = EXIT_FAILED;
}

/** The run and its display side by side; a failure of either ends the other. */
async function playShown(run: DemoRun, lines: string[], io: Io): Promise<void> {
  const over = new AbortController();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every delay of a request that has not come listens
  io.signal.addEventListener("abort", () => stop.abort(), { once: true });
  const frame = (): Frame => run.frame();
  const news = (): string => lines.splice(0).join("");
  const shown =
    io.stdout.terminal === null
      ? showPlain(io.stdout, frame, news, over.signal)
      : showLive(io.stdout, frame, over.signal);
  const played = run.play(stop.signal).finally(() => over.abort());
  await Promise.all([played, shown.finally(() => stop.abort())]);
}
