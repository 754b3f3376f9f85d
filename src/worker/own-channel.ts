import type { MessageChannelLike } from "./endpoint.ts";

type NodeThreads = typeof import("node:worker_threads");

/** The worker's own side of its port; null outside a dedicated worker. */
export function ownChannel(): MessageChannelLike | null {
  const scope = globalThis as { WorkerGlobalScope?: unknown; postMessage?: (message: unknown) => void };
  if (typeof scope.WorkerGlobalScope === "function" && typeof scope.postMessage === "function") {
    return scope as MessageChannelLike;
  }
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const threads = process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined;
  return threads?.parentPort ?? null;
}
