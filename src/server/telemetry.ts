import type { EngineStats, StepEvent } from "../engine/options.ts";
import type { Completion } from "../engine/token-stream.ts";
import type { FinishReason } from "../request.ts";
import type { Job, TokenCounts } from "./openai/job.ts";

/** Takes the server's figures. `createMetrics` of `bstar/server/node` keeps them for Prometheus. Nothing must throw. */
export interface ServerMetrics {
  /** A request was submitted to the engine; the returned observer is told of its answers. */
  observe(job: Job, promptTokens: number): RequestObserver;
  /** A request was refused, with the code of its error. */
  noteRejection(code: string): void;
  noteStep(step: StepEvent): void;
  /** What `/metrics` answers. */
  render(stats: EngineStats): Promise<string>;
  readonly contentType: string;
}

/** Follows one request. */
export interface RequestObserver {
  /** An answer grew. */
  noteTokens(index: number, count: number): void;
  /** All prompts' answers have ended. */
  end(completions: readonly Completion[], counts: TokenCounts): void;
}

/** Makes a span of each request. `createSpans` of `bstar/server/node` makes those of OpenTelemetry. */
export interface ServerSpans {
  begin(job: Job, model: string): RequestSpan;
}

/** One request's span. */
export interface RequestSpan {
  end(outcome: {
    readonly responseId: string;
    readonly reasons: readonly FinishReason[];
    readonly counts: TokenCounts;
    /** The error's code, of a request that failed. */
    readonly errorCode: string | null;
  }): void;
}
