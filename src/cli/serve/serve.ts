import { createHandler, SERVER_LIMITS, type ServerLimits } from "../../server/index.ts";
import { createMetrics, createSpans, type RunningServer, serve as listen } from "../../server/node.ts";
import { QUANTIZED } from "../engine-options.ts";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { openModel, thenClose } from "../model-source.ts";
import { packageVersion } from "../package-version.ts";
import { readKeyFile } from "./key-file.ts";
import { policiesOf } from "./open-engine.ts";
import { openKvEvents } from "./kv-events.ts";
import type { ServeOptions } from "./options.ts";
import { checkRecording } from "./recording.ts";
import { requestLog } from "./request-log.ts";
import { startEngine } from "./start-engine.ts";

/** Runs `bstar serve` until the signal; then running requests end, as long as `--drain-seconds` lets them. */
export async function serve(options: ServeOptions, io: Io): Promise<void> {
  const keys = options.apiKeyFile === undefined ? undefined : readKeyFile(options.apiKeyFile);
  const limits = limitsOf(options.limit ?? []);
  // What is wrong with them is said before anything is loaded.
  policiesOf(options);
  checkRecording(options.record);
  await using kvEvents = await openKvEvents(options, io);
  const loaded = await openModel(options.model, { quantize: QUANTIZED[options.quantize ?? "none"] }, io);
  const name = options.servedModelName ?? loaded.name;
  const { blockSize, kv } = options;
  const metrics = createMetrics({ modelName: name, contextLength: loaded.contextLength, blockSize, cacheDtype: kv });
  const onStep = metrics.noteStep.bind(metrics);
  const { engine, info } = await thenClose(
    loaded,
    startEngine(options, loaded, { io, onStep, onKvEvent: kvEvents?.publish }),
  );
  await using _ = engine;
  const { tokenizer, chat } = loaded;
  const handler = createHandler({
    engine,
    model: { name, tokenizer, chat, contextLength: info.contextLength },
    keys,
    limits,
    corsOrigins: options.corsOrigin,
    log: requestLog(options.log, io),
    metrics,
    spans: createSpans(),
    version: packageVersion(),
  });
  const server = await listenOr(options, () => listen(handler, { host: options.host, port: options.port }));
  if (!isLoopback(options.host) && keys === undefined) await io.stderr.write(OPEN_TO_ALL);
  const facts = `${name}, ${info.backendName} backend, ${info.contextLength} tokens of context`;
  await io.stdout.write(`bstar: serving ${server.url}/v1 (${facts})\n`);
  await aborted(io.signal);
  await shutDown(server, options.drainSeconds, io);
}

const OPEN_TO_ALL =
  "bstar: other machines can reach this address, and all of them may ask: --api-key-file asks them for a key\n";

/** `--limit NAME=N` in the handler's words. Throws `UsageError`. */
function limitsOf(given: readonly string[]): Partial<ServerLimits> {
  const names = Object.keys(SERVER_LIMITS);
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^(\w+)=(\d+)$/.exec(text) ?? [];
      if (names.includes(name) && Number(value) > 0) return [name, Number(value)];
      throw new UsageError(`--limit must be NAME=N with one of ${names.join(", ")}, got "${text}"`);
    }),
  );
}

/** Errors of the address are the caller's. */
async function listenOr({ host, port }: ServeOptions, start: () => Promise<RunningServer>): Promise<RunningServer> {
  try {
    return await start();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new UsageError(`port ${port} of ${host} is in use: --port takes another one`);
    throw new UsageError(`cannot listen on ${host}, port ${port}: ${message}`);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function shutDown(server: RunningServer, seconds: number, io: Io): Promise<void> {
  await io.stderr.write(`bstar: shutting down; running requests have ${seconds} seconds\n`);
  await server.close(AbortSignal.timeout(1000 * seconds));
}
