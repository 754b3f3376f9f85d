/// <reference lib="esnext.disposable" preserve="true" />
import type { ResponseFormat } from "../response-format.ts";
import type { Backend, BackendInfo } from "../backends/backend.ts";
import type { ChatMessage, ChatRenderOptions, ChatTemplate } from "../chat.ts";
import { DEFAULT_MAX_EDITS } from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";
import { checkFields } from "../request-checks.ts";
import { REQUEST_FIELDS, type RequestId, type RequestInput } from "../request.ts";
import type { Explanation } from "../scheduler/inspect/explanation.ts";
import { SCHEDULER_OPTIONS, type SchedulerOptions } from "../scheduler/options.ts";
import type { SchedulerStats } from "../scheduler/inspect/stats.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { GrammarProvider } from "./response-format.ts";

/** What an engine is made of. Limits that are not given come from the backend. */
export interface EngineOptions extends Partial<Omit<SchedulerOptions, "onEnd" | "groups">> {
  /** The engine owns it: `dispose` gives it back. */
  readonly backend: Backend;
  /** Needed for text prompts, text answers and stop strings. */
  readonly tokenizer?: Tokenizer;
  /** Needed for `messages`. */
  readonly chat?: ChatTemplate;
  /** Needed for `responseFormat`: `grammars({ tokenizer, vocabSize })` of `bstar/grammar`. */
  readonly grammars?: GrammarProvider;
  /** Ids that end every request, such as the model's end-of-text ids. */
  readonly stopTokenIds?: readonly number[];
  /** Makes another backend after the device was lost; without it, requests then end with the error. */
  readonly recover?: () => Promise<Backend>;
  /**
   * Seconds; where it goes back, the engine's time stands still until it is caught up. Default: the platform's
   * monotonic clock.
   */
  readonly clock?: () => number;
  /** Calls `wake` after `seconds` of the clock; returns a function that cancels. Default: `setTimeout`. */
  readonly timer?: (seconds: number, wake: () => void) => () => void;
  /**
   * Takes a trace of what is asked, a JSON line a request: arrivals, lengths, times, and prefixes as hashes under a
   * random key; no text. `bstar simulate --trace` replays it. Must not throw.
   */
  readonly record?: (line: string) => void;
  /** Called after each committed step; must not throw. */
  readonly onStep?: (step: StepEvent) => void;
  /**
   * Called once, before the first request's first step, where the budget timed the backend and could make something of
   * it; must not throw.
   */
  readonly onCalibrated?: (fit: StepTimeFit) => void;
}

/** The scheduler's figures, and what the budget knows of the device. */
export interface EngineStats extends SchedulerStats {
  /**
   * Seconds of a step by its tokens, and B* with its interval; null where the budget does not measure, or has not seen
   * enough.
   */
  readonly stepTime: StepTimeFit | null;
}

/** Where a request stands, and the budget that steps have. */
export interface EngineExplanation extends Explanation {
  /** Tokens that the next step may carry. */
  readonly tokenBudget: number;
  /** As in `EngineStats`. */
  readonly stepTime: StepTimeFit | null;
}

/** A request with text, ids or a conversation. */
export interface EngineRequest extends Omit<RequestInput, "id" | "promptTokenIds"> {
  /** Default: a number of the engine's own. */
  readonly id?: RequestId;
  readonly prompt?: string | undefined;
  readonly promptTokenIds?: ArrayLike<number> | undefined;
  /** A conversation, which the engine's chat template makes a prompt of. */
  readonly messages?: readonly ChatMessage[] | undefined;
  /** What `messages` are rendered with: tools, variables of the template. */
  readonly chat?: ChatRenderOptions;
  /** Keep the names of control tokens out of the answer's text. Default true. */
  readonly skipSpecialTokens?: boolean;
  /** Texts that end the request; they are not in its text. */
  readonly stop?: readonly string[];
  /** What the answer has to be. Not beside `mask`. Default text. */
  readonly responseFormat?: ResponseFormat;
  /** Aborts the request; its blocks are back at once. */
  readonly signal?: AbortSignal;
  /** Go on past the engine's stop ids. Default false. */
  readonly ignoreStopTokenIds?: boolean;
}

/** Every field of a request. */
const ENGINE_REQUEST_FIELDS: readonly (keyof EngineRequest)[] = [
  ...REQUEST_FIELDS,
  "prompt",
  "messages",
  "chat",
  "skipSpecialTokens",
  "stop",
  "responseFormat",
  "signal",
  "ignoreStopTokenIds",
];

/**
 * What the scheduler takes of a request. `more`: other fields that it may have. Throws `InvalidRequestError` that names
 * a field that does not exist.
 */
export function schedulerFields(request: EngineRequest, more: readonly string[] = []): Omit<EngineRequest, "id"> {
  checkFields("a request", request, [...ENGINE_REQUEST_FIELDS, ...more]);
  return Object.fromEntries(
    REQUEST_FIELDS.filter((name) => name !== "id" && Object.hasOwn(request, name)).map((name) => [name, request[name]]),
  ) as unknown as Omit<EngineRequest, "id">;
}

/** A request has a prompt of one kind: text, ids or a conversation. */
export type PromptInput =
  | { readonly prompt: string; readonly promptTokenIds?: undefined; readonly messages?: undefined }
  | { readonly promptTokenIds: ArrayLike<number>; readonly prompt?: undefined; readonly messages?: undefined }
  | { readonly messages: readonly ChatMessage[]; readonly prompt?: undefined; readonly promptTokenIds?: undefined };

/** One step, for dashboards and views. Seconds on the engine's clock. */
export interface StepEvent {
  readonly index: number;
  readonly tokenCount: number;
  readonly requestCount: number;
  readonly sampleCount: number;
  readonly tokenBudget: number;
  /**
   * When it was handed to the backend, or when the step before it was done, if that is later: a device runs one at a
   * time.
   */
  readonly startedAt: number;
  /** From then to its result. */
  readonly seconds: number;
  /** What the host spent on planning it, which may be before `startedAt`, and on delivering what came of it. */
  readonly hostSeconds: number;
}

/** A common prompt prefix, and which requests may share it. */
export type PrefixQuery = Pick<
  EngineRequest,
  "prompt" | "promptTokenIds" | "messages" | "chat" | "cacheSalt" | "adapterId"
>;

/** The scheduler must not plan what the backend cannot do. */
export function assertWithin(options: EngineOptions, info: BackendInfo): void {
  const limits: readonly (readonly [string, number | undefined, number])[] = [
    ["blockCount", options.blockCount, info.blockCount],
    ["hostBlockCount", options.hostBlockCount, info.hostBlockCount],
    ["maxRequests", options.maxRequests, info.maxRequests],
    ["tokenBudget", options.budget?.maxTokens ?? options.tokenBudget, info.maxTokens],
    ["contextLength", options.contextLength, info.contextLength],
    ["maxEditsPerStep", options.maxEditsPerStep, info.maxEdits ?? DEFAULT_MAX_EDITS],
  ];
  for (const [name, value, limit] of limits) {
    if (value !== undefined && value > limit) {
      throw new InvalidOptionError(`${name} is ${value}, backend ${info.name} takes ${limit} at most`);
    }
  }
  if (options.blockSize !== undefined && options.blockSize !== info.blockSize) {
    throw new InvalidOptionError(
      `blockSize is ${options.blockSize}, backend ${info.name} was made with ${info.blockSize}`,
    );
  }
}

/** The scheduler's options: what is not given comes from the backend. */
export function schedulerOptions(options: EngineOptions, info: BackendInfo): SchedulerOptions {
  const given = Object.entries(options).filter(([name]) => Object.hasOwn(SCHEDULER_OPTIONS, name));
  return {
    ...(Object.fromEntries(given) as Partial<SchedulerOptions>),
    hostBlockCount: options.hostBlockCount ?? info.hostBlockCount,
    blockCount: options.blockCount ?? info.blockCount,
    blockSize: info.blockSize,
    maxRequests: options.maxRequests ?? info.maxRequests,
    tokenBudget: options.tokenBudget ?? info.maxTokens,
    contextLength: options.contextLength ?? info.contextLength,
    vocabSize: options.vocabSize ?? info.vocabSize,
    maxEditsPerStep: options.maxEditsPerStep ?? info.maxEdits,
    groups: info.groups,
  };
}

/** A backend that takes a lost one's place must do what was planned for that one. */
export function assertLike(backend: Backend, lost: Backend): void {
  const { info } = backend;
  const refuse = (what: string): never => {
    throw new InvalidOptionError(`recover() gave backend ${info.name} ${what}`);
  };
  if (backend === lost) refuse("back, which was lost");
  for (const name of ["blockCount", "hostBlockCount", "maxTokens", "maxRequests", "contextLength"] as const) {
    if (info[name] < lost.info[name]) refuse(`with ${name} ${info[name]}, the lost one had ${lost.info[name]}`);
  }
  for (const name of ["blockSize", "vocabSize"] as const) {
    if (info[name] !== lost.info[name]) refuse(`with ${name} ${info[name]}, the lost one had ${lost.info[name]}`);
  }
  const windows = windowsOf(info);
  if (windows !== windowsOf(lost.info)) refuse(`with windows [${windows}], the lost one had [${windowsOf(lost.info)}]`);
}

/** Of the block groups, for people. */
function windowsOf({ groups }: BackendInfo): string {
  return groups.map(({ window }) => String(window ?? "none")).join(", ");
}
