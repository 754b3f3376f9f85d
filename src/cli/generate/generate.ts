import type { Command } from "commander";
import { Engine } from "../../engine/engine.ts";
import { grammars } from "../../grammar/index.ts";
import type { OpenedModel } from "../../models/index.ts";
import { budgetLine } from "../budget-line.ts";
import { chooseBackend } from "../choose-backend.ts";
import { budgetOf, QUANTIZED } from "../engine-options.ts";
import { EXIT_FAILED, UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import type { StepTimeFit } from "../../policies/budget/step-time-fit.ts";
import { openModel, thenClose } from "../model-source.ts";
import { refuseWithoutEffect } from "../without-effect.ts";
import { remainingLines, runBatch } from "./batch.ts";
import { type BatchLine, isBatch, parseBatch } from "./batch-file.ts";
import { defaultBlockCount } from "./block-count.ts";
import { harmless, jsonLine, textBlock } from "./format.ts";
import type { GenerateOptions } from "./options.ts";
import { parsePrompts, type Prompt, readPromptsFile } from "./prompts-file.ts";
import { asError, type Job, promptLength, type Result, runInOrder, runJob } from "./results.ts";

/** Options that the bodies of OpenAI's batch lines say themselves. */
const SAID_BY_BODIES = ["maxTokens", "temperature", "topK", "topP", "minP", "seed", "stop", "json"];

/**
 * Runs `bstar generate`. What concerns one prompt alone is in its own result, and makes the exit code 1; the rest
 * throws.
 */
export async function generate(options: GenerateOptions, command: Command, io: Io): Promise<void> {
  const { prompts, batch } = await inputOf(options, command, io);
  const loaded = await openModel(options.model, { quantize: QUANTIZED[options.quantize ?? "none"] }, io);
  if (batch !== null) {
    await runBatch(batch, { options, loaded, io });
    return;
  }
  const jobs = prompts.map((prompt) => jobOf(prompt, options, loaded));
  await using engine = await thenClose(loaded, openEngine(options, loaded, jobs, io));
  if (options.json !== true && options.prompt?.length === 1) await printAsItComes(engine, jobs[0], io);
  else await printAll(engine, jobs, options.json === true ? jsonLine : textBlock, io);
}

/** Prompts, or the lines of a batch. Throws `UsageError`. */
async function inputOf(
  { prompt, prompts: path, out }: GenerateOptions,
  command: Command,
  io: Io,
): Promise<{ readonly prompts: readonly Prompt[]; readonly batch: readonly BatchLine[] | null }> {
  if ((prompt === undefined) === (path === undefined)) {
    throw new UsageError("generate needs either -p TEXT or --prompts FILE");
  }
  const file = path === undefined ? null : await readPromptsFile(path, io.stdin);
  if (file !== null && isBatch(file)) {
    refuseWithoutEffect(command, SAID_BY_BODIES, "has no effect on OpenAI's batch lines: their bodies say it");
    return { prompts: [], batch: remainingLines(parseBatch(file), out) };
  }
  refuseWithoutEffect(command, ["out"], "is of OpenAI's batch lines, which --prompts takes");
  if (file !== null) return { prompts: parsePrompts(file), batch: null };
  return { prompts: prompt!.map((text, id) => ({ id, text, sampling: {} })), batch: null };
}

/** What a prompt's line does not say comes from the command line. */
function jobOf(prompt: Prompt, options: GenerateOptions, { tokenizer }: OpenedModel): Job {
  const { temperature, topK, topP, minP, seed } = options;
  return {
    prompt,
    promptTokenIds: prompt.tokenIds ?? encode(tokenizer, prompt.text!),
    maxTokens: prompt.maxTokens ?? options.maxTokens,
    sampling: { temperature, topK, topP, minP, seed, ...prompt.sampling },
    stop: prompt.stop ?? options.stop ?? [],
  };
}

function encode(tokenizer: OpenedModel["tokenizer"], text: string): number[] | Error {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    return asError(error);
  }
}

async function openEngine(
  options: GenerateOptions,
  loaded: OpenedModel,
  jobs: readonly Job[],
  io: Io,
): Promise<Engine> {
  const { blockSize, tokenBudget, maxRequests } = options;
  const budget = budgetOf(options);
  const { model, tokenizer, eosTokenIds } = loaded;
  const lengths = jobs.map((job) => promptLength(job) + job.maxTokens);
  // To measure takes a step of all tokens.
  if (budget !== undefined) lengths.push(Math.min(tokenBudget + 1, model.config.contextLength));
  const { kv } = options;
  const blockCount =
    options.blocks ?? defaultBlockCount(model.config, { lengths, maxRequests, blockSize, kv: kv ?? "f32" });
  const sizes = {
    model,
    blockCount,
    blockSize,
    maxTokens: tokenBudget,
    maxRequests,
    ...(kv === undefined ? {} : { kv }),
  };
  const backend = await chooseBackend(options.backend, sizes, io);
  const onCalibrated = (fit: StepTimeFit): void => void io.stderr.write(budgetLine(fit, budget!.tokens()));
  const masks = grammars({ tokenizer, vocabSize: backend.info.vocabSize });
  return new Engine({ backend, tokenizer, grammars: masks, stopTokenIds: eosTokenIds, budget, onCalibrated });
}

async function printAll(
  engine: Engine,
  jobs: readonly Job[],
  format: (result: Result) => string,
  io: Io,
): Promise<void> {
  const fit = io.stdout.terminal === null || format === jsonLine ? (text: string) => text : harmless;
  for await (const result of runInOrder(engine, jobs, io.signal)) {
    await io.stdout.write(fit(format(result)));
    if (result.finishReason === "error") io.exitCode = EXIT_FAILED;
  }
}

async function printAsItComes(engine: Engine, job: Job, io: Io): Promise<void> {
  const fit = io.stdout.terminal === null ? (text: string) => text : harmless;
  const result = await runJob(engine, job, io.signal, (text) => io.stdout.write(fit(text)));
  if (result.error !== null) throw result.error;
  await io.stdout.write("\n");
}
