import type { Worker as NodeWorker } from "node:worker_threads";
import { type Thread, type ThreadEvents, WORKER_SOURCE } from "./worker.ts";

type NodeModule<Name extends string> = Name extends "node:os"
  ? typeof import("node:os")
  : typeof import("node:worker_threads");

/** A module of Node where the runtime has it; a static import would keep browsers from loading this file. */
function nodeModule<Name extends "node:os" | "node:worker_threads">(name: Name): NodeModule<Name> | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return (process?.getBuiltinModule?.(name) as NodeModule<Name> | undefined) ?? null;
}

/** Cores that this process may use, 1 where the runtime does not say. */
export function coreCount(): number {
  const { hardwareConcurrency } = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator ?? {};
  return nodeModule("node:os")?.availableParallelism() ?? hardwareConcurrency ?? 1;
}

/** Whether memory can be shared with workers here: in a page only where it is cross-origin isolated. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated, Worker } = globalThis as { crossOriginIsolated?: boolean; Worker?: unknown };
  if (typeof Worker === "function") return crossOriginIsolated !== false;
  return nodeModule("node:worker_threads") !== null;
}

/** Starts a worker thread. */
export function spawn(events: ThreadEvents): Thread {
  return typeof globalThis.Worker === "function" ? spawnWeb(events) : spawnNode(events);
}

function spawnNode({ onMessage, onEnd }: ThreadEvents): Thread {
  const { Worker } = nodeModule("node:worker_threads")!;
  const worker: NodeWorker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [], name: "bstar" });
  worker.on("message", onMessage);
  worker.on("error", (error) => onEnd(String(error)));
  worker.on("exit", (code) => onEnd(`a worker thread ended with code ${code}`));
  return {
    post: (task) => worker.postMessage(task),
    terminate: () => void worker.terminate(),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}

/** Browsers, Deno and Bun. */
function spawnWeb({ onMessage, onEnd }: ThreadEvents): Thread {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module", name: "bstar" }) as Worker & { ref?(): void; unref?(): void };
  worker.onmessage = ({ data }) => {
    if (data === null) URL.revokeObjectURL(url);
    onMessage(data);
  };
  worker.onerror = (event) => onEnd(event.message || "a worker could not be started");
  return {
    post: (task) => worker.postMessage(task),
    terminate: () => worker.terminate(),
    hold: (isHeld) => (isHeld ? worker.ref?.() : worker.unref?.()),
  };
}
