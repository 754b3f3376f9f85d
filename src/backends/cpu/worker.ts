/**
 * What a thread runs, as text: a worker from text needs no file that a bundler, a runtime or a page would have to find.
 * It waits in the kernels for step after step; its own event loop never turns again, and `terminate` ends it.
 *
 * Messages to the host: `null` once the thread is ready, `{ done: true }` after a step where the host asked for it, `{
 * error }` when a kernel traps, after which the thread is of no use.
 */
export const WORKER_SOURCE = `
const run = (send, { module, memory, model, thread, reports }) => {
  try {
    const { work } = new WebAssembly.Instance(module, { env: { memory } }).exports;
    send(null);
    while (work(model, thread)) if (reports) send({ done: true });
  } catch (error) {
    send({ error: String(error) });
  }
};
if (typeof self === "undefined" || typeof self.postMessage !== "function") {
  const { parentPort } = require("node:worker_threads");
  parentPort.once("message", (task) => run((message) => parentPort.postMessage(message), task));
} else {
  self.onmessage = ({ data }) => run((message) => self.postMessage(message), data);
}
`;

/** What a thread is told at its start. */
export interface WorkerTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly model: number;
  readonly thread: number;
  /** Whether the thread sends a message after each step. */
  readonly reports: boolean;
}

export type WorkerMessage = null | { readonly done: true } | { readonly error: string };

/** A worker thread of any runtime. */
export interface Thread {
  post(task: WorkerTask): void;
  terminate(): void;
  /** Whether the thread keeps the process alive, where the runtime lets one choose. */
  hold(isHeld: boolean): void;
}

export interface ThreadEvents {
  readonly onMessage: (message: WorkerMessage) => void;
  /** The thread has ended, or never began. */
  readonly onEnd: (reason: string) => void;
}
