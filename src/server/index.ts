/** `bstar/server`: OpenAI's API over an engine, as a handler of web-standard requests. */
export { createHandler, type Handler } from "./handler.ts";
export type { ApiKey } from "./keys.ts";
export { SERVER_LIMITS, type ServerLimits } from "./limits.ts";
export type { ServerLog, ServerLogEntry } from "./log.ts";
export { ApiError } from "./openai/api-error.ts";
export type { AnswerStream, HandlerOptions, ServedEngine, ServedModel } from "./options.ts";
export type { RequestObserver, RequestSpan, ServerMetrics, ServerSpans } from "./telemetry.ts";
