import type { Backend, BackendInfo } from "../backends/backend.ts";
import { InvalidOptionError } from "../errors.ts";
import type { RequestId, RequestInput } from "../request.ts";
import type { SchedulerOptions } from "../scheduler/options.ts";
import type { Tokenizer } from "../tokenizer.ts";

/** What an engine is made of. Limits that are not given come from the backend. */
export interface EngineOptions extends Partial<Omit<SchedulerOptions, "onEnd" | "groups">> {
  /** The engine owns it: `dispose` gives it back. */
  readonly backend: Backend;
  /** Needed for text prompts, text answers and stop strings. */
  readonly tokenizer?: Tokenizer;
  /** Ids that end every request, such as the model's end-of-text ids. */
  readonly stopTokenIds?: readonly number[];
  /** Makes another backend after the device was lost; without it, requests then end with the error. */
  readonly recover?: () => Promise<Backend>;
  /** Seconds. Default: the platform's monotonic clock. */
  readonly clock?: () => number;
  /** Calls `wake` after so many seconds of the clock; returns how to cancel. Default: `setTimeout`. */
  readonly timer?: (seconds: number, wake: () => void) => () => void;
  /** Called after each committed step; must not throw. */
  readonly onStep?: (step: StepEvent) => void;
}

/** A request with text or ids. */
export interface EngineRequest extends Omit<RequestInput, "id" | "promptTokenIds"> {
  /** Default: a number of the engine's own. */
  readonly id?: RequestId;
  readonly prompt?: string;
  readonly promptTokenIds?: ArrayLike<number>;
  /** Texts that end the request; they are not in its text. */
  readonly stop?: readonly string[];
  /** Aborts the request; its blocks are back at once. */
  readonly signal?: AbortSignal;
  /** Go on past the engine's stop ids. Default false. */
  readonly ignoreStopTokenIds?: boolean;
}

/** One step, for dashboards and views. Seconds on the engine's clock. */
export interface StepEvent {
  readonly index: number;
  readonly tokenCount: number;
  readonly requestCount: number;
  readonly sampleCount: number;
  readonly tokenBudget: number;
  readonly startedAt: number;
  /** From being handed to the backend to its result. */
  readonly seconds: number;
  /** Of that, what the host spent on planning and on delivering. */
  readonly hostSeconds: number;
}

/** The scheduler must not plan what the backend cannot do. */
export function assertWithin(options: EngineOptions, info: BackendInfo): void {
  const limits: readonly (readonly [string, number | undefined, number])[] = [
    ["blockCount", options.blockCount, info.blockCount],
    ["hostBlockCount", options.hostBlockCount, info.hostBlockCount],
    ["maxRequests", options.maxRequests, info.maxRequests],
    ["tokenBudget", options.budget?.maxTokens ?? options.tokenBudget, info.maxTokens],
    ["contextLength", options.contextLength, info.contextLength],
  ];
  for (const [name, value, limit] of limits) {
    if (value !== undefined && value > limit) throw new InvalidOptionError(`${name} is ${value}, backend ${info.name} takes ${limit} at most`);
  }
  if (options.blockSize !== undefined && options.blockSize !== info.blockSize) {
    throw new InvalidOptionError(`blockSize is ${options.blockSize}, backend ${info.name} was made with ${info.blockSize}`);
  }
}

/** A backend that takes a lost one's place must do what was planned for that one. */
export function assertLike(info: BackendInfo, lost: BackendInfo): void {
  for (const name of ["blockCount", "hostBlockCount", "maxTokens", "maxRequests", "contextLength"] as const) {
    if (info[name] < lost[name]) throw new InvalidOptionError(`recover() gave backend ${info.name} with ${name} ${info[name]}, the lost one had ${lost[name]}`);
  }
  if (info.blockSize !== lost.blockSize) throw new InvalidOptionError(`recover() gave backend ${info.name} with blockSize ${info.blockSize}, the lost one had ${lost.blockSize}`);
}

/** Longer waits are not timed: `setTimeout` takes 31 bits of milliseconds, 24 days. */
const MAX_TIMER_SECONDS = (2 ** 31 - 1) / 1000;

/** The platform's timer. */
export function platformTimer(seconds: number, wake: () => void): () => void {
  if (seconds > MAX_TIMER_SECONDS) return () => {};
  const timer = setTimeout(wake, Math.max(0, seconds * 1000));
  return () => clearTimeout(timer);
}
