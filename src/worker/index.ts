/** `bstar/worker`: an engine that runs in a worker, behind the interface of `Engine`. */
export type { MessageChannelLike } from "./endpoint.ts";
export type { EngineClient } from "./engine-client.ts";
export { type EngineEvents, type HostedEngine, type MakeEngine, serveEngine } from "./serve-engine.ts";
export { createWorkerEngine, type WorkerEngine, type WorkerEngineOptions } from "./worker-engine.ts";
