import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { BstarError } from "../../errors.ts";
import type { Arrival } from "../../sim/index.ts";
import { EXIT_FAILED, UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { drive } from "./load-driver.ts";
import { benchJson, type Load, type Measured, measure, Samples } from "./measured.ts";
import { firstModel, type Outcome, streamOne, type Target } from "./openai-stream.ts";
import type { BenchServeOptions } from "./options.ts";
import { benchPage } from "./page.ts";
import { writePlane } from "./plane.ts";
import { fitWords, ONE_A_WORD, PromptTexts, type TokensOfWords } from "./prompt-text.ts";
import { loadsOf, workloadOf } from "./workload.ts";

/** Words of the prompts that tell how many tokens a word has; they are also the server's first, slow requests. */
const PROBE_WORDS = [32, 160] as const;

const sleep = (seconds: number): Promise<void> => setTimeout(1000 * seconds);
const clock = (): number => performance.now() / 1000;

/** Runs `bstar bench serve`. A request that fails is counted and makes the exit code 1; the others go on. */
export async function benchServe(options: BenchServeOptions, io: Io): Promise<void> {
  const loads = loadsOf(options);
  const target = await targetOf(options, io.signal);
  const tokens = await probe(target, options.seed, io);
  const runs: Measured[] = [];
  for (const load of loads) {
    if (io.signal.aborted) break;
    const run = await runOne(target, { options, load, tokens }, io.signal);
    runs.push(run);
    const json = benchJson(run, { model: target.model, date: new Date(), seed: options.seed });
    await io.stdout.write(options.json === true ? `${JSON.stringify(json)}\n` : benchPage(json));
    if (run.completed < run.outcomes.length) io.exitCode = EXIT_FAILED;
  }
  if (options.plane !== undefined && runs.length > 0) {
    await writePlane(options.plane, { runs, options, model: target.model });
    await io.stderr.write(`bstar: wrote ${options.plane}\n`);
  }
}

async function targetOf(options: BenchServeOptions, signal: AbortSignal): Promise<Target> {
  const { endpoint, ignoreEos = false, timeout, apiKeyFile } = options;
  const base = baseOf(options.url);
  const apiKey = apiKeyFile === undefined ? null : (await readFile(apiKeyFile, "utf8")).trim();
  const model = options.model ?? (await firstModel({ base, apiKey }, signal));
  return { base, model, endpoint, apiKey, ignoreEos, timeoutSeconds: timeout };
}

/** The URL of the API, which clients are given with and without its "/v1". Throws `UsageError`. */
function baseOf(url: string): string {
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new UsageError(`--url must be an http(s) URL, got "${url}"`);
  const trimmed = url.replace(/\/+$/, "");
  return trimmed.endsWith("/v1") ? trimmed : `${trimmed}/v1`;
}

/** How many tokens words have, by two prompts without a measurement. */
async function probe(target: Target, seed: number, io: Io): Promise<TokensOfWords> {
  const texts = new PromptTexts(seed + 1, ONE_A_WORD);
  const counts: { readonly words: number; readonly tokens: number }[] = [];
  for (const words of PROBE_WORDS) {
    const prompt = texts.make({ at: 0, promptTokens: words, outputTokens: 1 });
    const { promptTokens, error } = await streamOne(target, { prompt, maxTokens: 1 }, clock, io.signal);
    if (promptTokens !== null) counts.push({ words, tokens: promptTokens });
    else if (error !== null && counts.length === 0) throw new BstarError("no_server", `${target.base}: ${error}`);
  }
  if (counts.length === 2) return fitWords(counts[0], counts[1]);
  await io.stderr.write("bstar: the server does not count tokens: a word is taken for one\n");
  return ONE_A_WORD;
}

async function runOne(
  target: Target,
  { options, load, tokens }: { options: BenchServeOptions; load: Load; tokens: TokensOfWords },
  signal: AbortSignal,
): Promise<Measured> {
  const texts = new PromptTexts(options.seed, tokens);
  const outcomes: Outcome[] = [];
  const late = new Samples();
  const { sharedTokens = 0 } = options;
  const shared = sharedTokens === 0 ? {} : { pieces: [0], pieceTokens: sharedTokens };
  const send = async (arrival: Arrival, lateSeconds: number): Promise<void> => {
    late.add(lateSeconds);
    const request = { prompt: texts.make({ ...shared, ...arrival }), maxTokens: arrival.outputTokens };
    outcomes.push(await streamOne(target, request, clock, signal));
  };
  await drive(await workloadOf(options, load), { requests: options.requests, send, signal, clock, sleep });
  return measure(outcomes, late, { load, slo: { ttftSeconds: options.sloTtft, tpotSeconds: options.sloTpot } });
}
