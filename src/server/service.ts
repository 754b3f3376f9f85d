import type { Exchange } from "./exchange.ts";
import type { ServerLimits } from "./limits.ts";
import type { ChatJob } from "./openai/chat-body.ts";
import type { CompletionJob } from "./openai/completion-body.ts";
import type { ServedEngine, ServedModel } from "./options.ts";
import type { ServerMetrics, ServerSpans } from "./telemetry.ts";

/** What every request of a handler is answered with. */
export interface Service {
  readonly engine: ServedEngine;
  readonly model: ServedModel;
  readonly limits: ServerLimits;
  readonly metrics: ServerMetrics | undefined;
  readonly spans: ServerSpans | undefined;
}

/** A path, and what answers it. Throws `ApiError`, and what the engine throws. */
export interface Route {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly answer: (exchange: Exchange) => Response | Promise<Response>;
}

/** Reads the two bodies that generate; render routes read them, too. */
export interface BodyReaders {
  readonly completion: (exchange: Exchange) => Promise<CompletionJob>;
  readonly chat: (exchange: Exchange) => Promise<ChatJob>;
}
