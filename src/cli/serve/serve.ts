import { contextThatFits } from "../../blocks/accounting.ts";
import { Engine } from "../../engine/engine.ts";
import type { OpenedModel } from "../../models/index.ts";
import { InvalidOptionError } from "../../errors.ts";
import type { MeasuredBudget } from "../../policies/budget/measured.ts";
import type { StepTimeFit } from "../../policies/budget/step-time-fit.ts";
import { admissionNamed, evictionNamed, preemptionNamed, queueNamed } from "../../policies/names.ts";
import { chunkingNamed } from "../../prefill/names.ts";
import { createHandler, SERVER_LIMITS, type ServerLimits } from "../../server/index.ts";
import { type RunningServer, serve as listen } from "../../server/node.ts";
import { budgetLine } from "../budget-line.ts";
import { chooseBackend } from "../choose-backend.ts";
import { budgetOf, QUANTIZED } from "../engine-options.ts";
import { UsageError } from "../failure.ts";
import { defaultBlockCount } from "../generate/block-count.ts";
import type { Io } from "../io.ts";
import { openModel, thenClose } from "../model-source.ts";
import { packageVersion } from "../package-version.ts";
import { readKeyFile } from "./key-file.ts";
import type { ServeOptions } from "./options.ts";
import { requestLog } from "./request-log.ts";

/** Runs `bstar serve` until the signal; then running requests end, as long as `--drain-seconds` lets them. */
export async function serve(options: ServeOptions, io: Io): Promise<void> {
  const keys = options.apiKeyFile === undefined ? undefined : readKeyFile(options.apiKeyFile);
  const limits = limitsOf(options.limit ?? []);
  const budget = budgetOf(options);
  const loaded = await openModel(options.model, { quantize: QUANTIZED[options.quantize ?? "none"] }, io);
  const { engine, contextLength, backendName } = await thenClose(loaded, openEngine(options, { loaded, budget, io }));
  await using _ = engine;
  const { tokenizer, chat } = loaded;
  const model = { name: options.servedModelName ?? loaded.name, tokenizer, chat, contextLength };
  const log = requestLog(options.log, io);
  const { corsOrigin: corsOrigins } = options;
  const handler = createHandler({ engine, model, keys, limits, corsOrigins, log, version: packageVersion() });
  const server = await listenOr(options, () => listen(handler, { host: options.host, port: options.port }));
  if (!isLoopback(options.host) && keys === undefined) await io.stderr.write(OPEN_TO_ALL);
  const facts = `${model.name}, ${backendName} backend, ${contextLength} tokens of context`;
  await io.stdout.write(`bstar: serving ${server.url}/v1 (${facts})\n`);
  await aborted(io.signal);
  await shutDown(server, options.drainSeconds, io);
}

const OPEN_TO_ALL =
  "bstar: other machines can reach this address, and all of them may ask: --api-key-file asks them for a key\n";

async function openEngine(
  options: ServeOptions,
  { loaded, budget, io }: { loaded: OpenedModel; budget: MeasuredBudget | undefined; io: Io },
): Promise<{ engine: Engine; contextLength: number; backendName: string }> {
  const { blockSize, tokenBudget, maxRequests, kv, maxWaiting } = options;
  const { model, tokenizer, eosTokenIds, chat } = loaded;
  const lengths = Array.from({ length: maxRequests }, () => loaded.contextLength);
  const blockCount =
    options.blocks ?? defaultBlockCount(model.config, { lengths, maxRequests, blockSize, kv: kv ?? "f32" });
  const sizes = { model, blockCount, blockSize, maxTokens: tokenBudget, maxRequests };
  const backend = await chooseBackend(options.backend, { ...sizes, ...(kv === undefined ? {} : { kv }) }, io);
  const { info } = backend;
  const limit = Math.min(loaded.contextLength, info.contextLength);
  const contextLength = contextThatFits({ blockCount: info.blockCount, blockSize, groups: info.groups, limit });
  const engine = new Engine({
    backend,
    tokenizer,
    chat,
    stopTokenIds: eosTokenIds,
    contextLength,
    maxWaitingRequests: maxWaiting,
    budget,
    ...policiesOf(options, budget),
    onCalibrated: (fit: StepTimeFit) => void io.stderr.write(budgetLine(fit, budget!.tokens())),
  });
  return { engine, contextLength, backendName: info.name };
}

/** The policies of the same names that `bstar simulate` takes. Throws `UsageError`. */
function policiesOf(options: ServeOptions, budget: MeasuredBudget | undefined) {
  const { queue, admission, preemption, chunking, eviction, targetMs } = options;
  if (chunking === "slo" && targetMs === undefined) {
    throw new UsageError("--chunking slo needs a target to keep: give --budget measured --target-ms, too");
  }
  const slo = {
    ...(targetMs !== undefined && { target: targetMs / 1000 }),
    ...(budget !== undefined && { stepTime: (tokens: number) => budget.predict(tokens) }),
  };
  return {
    queue: queueNamed(queue),
    admission: admissionNamed(admission),
    preemption: preemptionNamed(preemption),
    chunking: chunkingNamed(chunking, slo),
    eviction: evictionNamed(eviction),
  };
}

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
    if (error instanceof InvalidOptionError) throw error;
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
