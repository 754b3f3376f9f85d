import type { ChatTemplate } from "../chat.ts";
import type { EngineRequest, EngineStats, PromptInput } from "../engine/options.ts";
import type { Completion, TokenDelta } from "../engine/token-stream.ts";
import type { ModelTokenizer } from "../models/tokenizer/assemble.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { ApiKey } from "./keys.ts";
import type { ServerLimits } from "./limits.ts";
import type { ServerLog } from "./log.ts";
import type { ServerMetrics, ServerSpans } from "./telemetry.ts";

/** What the server needs of an engine: `Engine` has it, and so has `WorkerEngine` of `bstar/worker`. */
export interface ServedEngine {
  /** Takes a request in. Throws or rejects where it refuses it. */
  submit(request: EngineRequest & PromptInput): AnswerStream | Promise<AnswerStream>;
  stats(): EngineStats | Promise<EngineStats>;
}

/** The answers to one request, as `TokenStream` gives them. */
export interface AnswerStream extends AsyncIterable<TokenDelta> {
  /** The whole answer; never rejects. */
  completion(): Promise<Completion>;
}

/** A model as `openModel` and `loadModel` describe it. */
export interface ServedModel {
  /** What clients call it. */
  readonly name: string;
  readonly tokenizer: Tokenizer & Partial<Pick<ModelTokenizer, "encodeAsync" | "encodePartsAsync">>;
  readonly chat: ChatTemplate;
  /** Most tokens of a prompt and its answer. */
  readonly contextLength: number;
}

/** The options of `createHandler`. */
export interface HandlerOptions {
  /** The handler does not own it: dispose it after `drain`. */
  readonly engine: ServedEngine;
  readonly model: ServedModel;
  /** Keys of clients; without them anyone may ask. */
  readonly keys?: readonly ApiKey[];
  /** Origins whose pages may read answers, or "*". Default none. */
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
  /** Told of each request that was answered. Default none. */
  readonly log?: ServerLog;
  /** Takes figures, which `/metrics` shows. Default none, and `/metrics` is a 404. */
  readonly metrics?: ServerMetrics;
  /** Makes a span of each request. Default none. */
  readonly spans?: ServerSpans;
  /** What `/version` says. Default "0". */
  readonly version?: string;
}
