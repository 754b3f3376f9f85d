/**
 * What the two sides of a port tell each other: plain data only, in order. A `call` is a number that the client chose,
 * once a request or method call.
 */
import type { KvEvent } from "../blocks/events.ts";
import type { Engine } from "../engine/engine.ts";
import type { StepEvent } from "../engine/options.ts";
import type { AnswerEnd, PromptLogprobs, TokenLogprobs } from "../engine/token-stream.ts";
import type { StepTimeFit } from "../policies/budget/step-time-fit.ts";
import type { FinishReason, RequestId } from "../request.ts";
import type { ErrorRecord } from "./error-record.ts";

/** Methods of the engine that answer with plain data. */
export const METHODS = [
  "abort",
  "pause",
  "resume",
  "freeze",
  "unfreeze",
  "resetPrefixCache",
  "explain",
  "cachedTokens",
  "tokenize",
  "detokenize",
  "stats",
] as const satisfies readonly (keyof Engine)[];

export type Method = (typeof METHODS)[number];

/** Events that the client wants to be told. */
export interface Wanted {
  readonly steps: boolean;
  readonly kvEvents: boolean;
}

/** From the client to the host. */
export type ClientMessage =
  | { readonly type: "open"; readonly init: unknown; readonly wanted: Wanted }
  | { readonly type: "submit" | "search"; readonly call: number; readonly request: Readonly<Record<string, unknown>> }
  /** Ends the request or search of that call; nothing where it is over. */
  | { readonly type: "cancel"; readonly call: number }
  | { readonly type: "call"; readonly call: number; readonly method: Method; readonly args: readonly unknown[] }
  /** One batch was taken in. */
  | { readonly type: "taken" }
  | { readonly type: "close" };

/** From the host to the client. */
export type HostMessage =
  | { readonly type: "opened"; readonly info: unknown; readonly now: number }
  | { readonly type: "refused"; readonly error: ErrorRecord }
  | {
      readonly type: "submitted";
      readonly call: number;
      readonly id: RequestId;
      readonly promptTokenIds: Int32Array;
    }
  | { readonly type: "answer"; readonly call: number; readonly value: unknown }
  | { readonly type: "failed"; readonly call: number; readonly error: ErrorRecord }
  | { readonly type: "batch"; readonly batch: Batch }
  | { readonly type: "calibrated"; readonly fit: StepTimeFit }
  | { readonly type: "closed"; readonly error: ErrorRecord | null };

/** What came of the steps since the last batch. */
export interface Batch {
  /** On the engine's clock. */
  readonly now: number;
  readonly deltas: readonly WireDelta[];
  readonly steps: readonly StepEvent[];
  readonly kvEvents: readonly KvEvent[];
}

/** A delta of the stream of that call. */
export interface WireDelta {
  readonly call: number;
  readonly choice: number;
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly logprobs: readonly TokenLogprobs[] | undefined;
  readonly promptLogprobs: PromptLogprobs | undefined;
  readonly end: WireEnd | null;
}

/** How an answer ended. */
export interface WireEnd extends AnswerEnd {
  readonly finishReason: FinishReason;
  readonly error: ErrorRecord | null;
}
