import { DEFAULT_MAX_WAITING_TOKENS } from "../../config.ts";
import type { Engine } from "../../engine/engine.ts";
import type { PromptLogprobs, TokenLogprobs, TokenStream } from "../../engine/token-stream.ts";
import type { FinishReason } from "../../request.ts";
import type { SamplingParams } from "../../sampling-params.ts";
import type { Prompt } from "./prompts-file.ts";

/** A prompt, ready for the engine. */
export interface Job {
  readonly prompt: Prompt;
  /** Its ids, or why it has none. */
  readonly promptTokenIds: readonly number[] | Error;
  readonly maxTokens: number;
  readonly sampling: Partial<SamplingParams>;
  readonly stop: readonly string[];
}

/** What became of a prompt. */
export interface Result {
  readonly prompt: Prompt;
  readonly promptTokenIds: readonly number[];
  readonly tokenIds: readonly number[];
  readonly text: string;
  /** One a token, where the prompt's line asks for them. */
  readonly logprobs?: readonly TokenLogprobs[];
  readonly promptLogprobs?: PromptLogprobs;
  readonly finishReason: FinishReason;
  /** Where the reason is "error". */
  readonly error: Error | null;
}

/**
 * Requests that are submitted and not yet printed: keeps a scheduler of 256 busy, far below its waiting queue's limit
 * of 4,096.
 */
const MAX_OUTSTANDING = 1024;

/**
 * Their prompt tokens, unless one prompt has more: half of what the waiting queue takes, as preempted requests wait
 * with their answers.
 */
const MAX_OUTSTANDING_TOKENS = DEFAULT_MAX_WAITING_TOKENS / 2;

/**
 * Runs all jobs on the engine and yields each result in the order of the jobs, as soon as all earlier results are
 * ready. One job's failure is its own.
 */
export async function* runInOrder(engine: Engine, jobs: readonly Job[], signal: AbortSignal): AsyncGenerator<Result> {
  const outstanding: { readonly tokens: number; readonly result: Promise<Result> }[] = [];
  let tokens = 0;
  for (const job of jobs) {
    const own = promptLength(job);
    while (
      outstanding.length === MAX_OUTSTANDING ||
      (outstanding.length > 0 && tokens + own > MAX_OUTSTANDING_TOKENS)
    ) {
      const oldest = outstanding.shift()!;
      yield await oldest.result;
      tokens -= oldest.tokens;
    }
    tokens += own;
    outstanding.push({ tokens: own, result: runJob(engine, job, signal) });
  }
  for (const { result } of outstanding) yield await result;
}

/** Tokens of the job's prompt, 0 where it could not be encoded. */
export function promptLength({ promptTokenIds }: Job): number {
  return promptTokenIds instanceof Error ? 0 : promptTokenIds.length;
}

/** Runs one job; `onText` gets its text as it comes. Never rejects for what is the job's or the device's fault. */
export async function runJob(
  engine: Engine,
  job: Job,
  signal: AbortSignal,
  onText?: (text: string) => Promise<void>,
): Promise<Result> {
  const submitted = trySubmit(engine, job, signal);
  if (submitted instanceof Error) return failed(job, submitted);
  if (onText !== undefined) await passText(submitted, onText);
  const { tokenIds, text, logprobs, promptLogprobs, finishReason, error } = await submitted.completion();
  return {
    prompt: job.prompt,
    promptTokenIds: [...submitted.promptTokenIds],
    tokenIds,
    text,
    logprobs,
    promptLogprobs,
    finishReason,
    error,
  };
}

/**
 * Gives the text of a request as it comes, to its last delta. The completion tells how the request ended; reading on
 * would throw its error.
 */
async function passText(stream: TokenStream, onText: (text: string) => Promise<void>): Promise<void> {
  for await (const { text, finishReason } of stream) {
    if (text !== "") await onText(text);
    if (finishReason !== null) break;
  }
}

function trySubmit(engine: Engine, job: Job, signal: AbortSignal): TokenStream | Error {
  const { promptTokenIds, maxTokens, sampling, stop } = job;
  const { responseFormat, promptLogprobs } = job.prompt;
  if (promptTokenIds instanceof Error) return promptTokenIds;
  try {
    return engine.submit({ promptTokenIds, maxTokens, sampling, stop, responseFormat, promptLogprobs, signal });
  } catch (error) {
    return asError(error);
  }
}

function failed({ prompt, promptTokenIds }: Job, error: Error): Result {
  return {
    prompt,
    promptTokenIds: promptTokenIds instanceof Error ? [] : promptTokenIds,
    tokenIds: [],
    text: "",
    finishReason: "error",
    error,
  };
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
