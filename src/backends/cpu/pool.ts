import { DeviceUnavailableError } from "../../errors.ts";
import type { Placement } from "./placement.ts";
import { fieldOffset } from "./records.ts";
import { spawn } from "./spawn.ts";
import type { Thread, WorkerMessage } from "./worker.ts";

/** Jobs that a thread can have waiting: kernels/layout.as. */
const RING = 4;

/** Atomics.waitAsync is newer than TypeScript's library. */
interface WaitAsync {
  waitAsync?(
    view: Int32Array,
    index: number,
    value: number,
  ): { readonly async: boolean; readonly value: Promise<string> | string };
}

/** Runs steps, in the order posted. */
export interface StepPool {
  /** Threads that can share a step. */
  readonly size: number;
  /** Hands out a step whose record is written, to the first `threads` threads. */
  post(step: number, threads: number): void;
  /** Resolves when `count` steps are done, or the pool is lost or stopped. */
  whenDone(count: number): Promise<void>;
  /** Why the pool is of no use any more, else null. */
  readonly lost: string | null;
  stop(): void;
}

/**
 * Worker threads on one shared memory. A step is a word written to each thread's record and a notification; its end is
 * a word that the host waits for without blocking.
 */
export class ThreadPool implements StepPool {
  readonly size: number;
  lost: string | null = null;
  readonly #words: Int32Array;
  readonly #placement: Placement;
  readonly #threads: Thread[] = [];
  readonly #onLost: (reason: string) => void;
  /** Jobs posted to each thread. */
  readonly #posted: number[];
  /** Waiting for steps, where only messages tell of their ends. */
  #listeners: (() => void)[] = [];
  #isStopped = false;
  #ready = 0;
  #steps = 0;

  /** Resolves when every thread waits for work. Rejects with `DeviceUnavailableError` where none can be started. */
  static async open(
    memory: WebAssembly.Memory,
    module: WebAssembly.Module,
    placement: Placement,
    size: number,
    onLost: (reason: string) => void,
  ): Promise<ThreadPool> {
    const pool = new ThreadPool(memory, placement, size, onLost);
    await pool.#start(memory, module);
    return pool;
  }

  private constructor(
    memory: WebAssembly.Memory,
    placement: Placement,
    size: number,
    onLost: (reason: string) => void,
  ) {
    this.size = size;
    this.#words = new Int32Array(memory.buffer);
    this.#placement = placement;
    this.#onLost = onLost;
    this.#posted = new Array<number>(size).fill(0);
  }

  post(step: number, threads: number): void {
    if (this.#steps++ === this.#done()) this.#hold(true);
    for (let thread = 0; thread < threads; thread++) {
      const record = this.#placement.threads + thread * this.#placement.threadStride;
      const count = this.#posted[thread]++;
      this.#words[(record + fieldOffset("Scratch", "job0")) / 4 + (count % RING)] = step;
      const index = this.#postedIndex(thread);
      Atomics.store(this.#words, index, this.#posted[thread]);
      Atomics.notify(this.#words, index);
    }
  }

  async whenDone(count: number): Promise<void> {
    for (let done = this.#done(); done < count && this.lost === null && !this.#isStopped; done = this.#done()) {
      await this.#change(done);
    }
    if (this.#done() === this.#steps) this.#hold(false);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    Atomics.store(this.#words, (this.#placement.sync + fieldOffset("Sync", "stop")) / 4, 1);
    this.#threads.forEach((thread, number) => {
      // A sleeping thread wakes, sees the word and ends: Deno cannot end it from outside.
      Atomics.notify(this.#words, this.#postedIndex(number));
      thread.terminate();
    });
    this.#wake();
  }

  async #start(memory: WebAssembly.Memory, module: WebAssembly.Module): Promise<void> {
    const reports = waitAsync() === undefined;
    await new Promise<void>((resolve, reject) => {
      for (let number = 0; number < this.size; number++) {
        const thread = spawn({
          onMessage: (message) => {
            if (message === null && ++this.#ready === this.size) resolve();
            this.#receive(message);
          },
          onEnd: (reason) => {
            this.#lose(reason);
            reject(new DeviceUnavailableError(`the CPU backend cannot start its threads: ${reason}`));
          },
        });
        this.#threads.push(thread);
        thread.post({ module, memory, model: this.#placement.model, thread: number, reports: reports && number === 0 });
      }
    });
    this.#hold(false);
  }

  #receive(message: WorkerMessage): void {
    if (message === null) return;
    if ("error" in message) this.#lose(`a kernel failed: ${message.error}`);
    else this.#wake();
  }

  #lose(reason: string): void {
    if (this.#isStopped || this.lost !== null) return;
    this.lost = reason;
    this.stop();
    this.#onLost(reason);
  }

  /** Resolves after the count of steps done has changed from `done`. */
  async #change(done: number): Promise<void> {
    const wait = waitAsync();
    if (wait === undefined) return new Promise((resolve) => this.#listeners.push(resolve));
    await wait(this.#words, this.#doneIndex, done).value;
  }

  #wake(): void {
    Atomics.notify(this.#words, this.#doneIndex);
    for (const listener of this.#listeners.splice(0)) listener();
  }

  #hold(isHeld: boolean): void {
    for (const thread of this.#threads) thread.hold(isHeld);
  }

  #done(): number {
    return Atomics.load(this.#words, this.#doneIndex);
  }

  #postedIndex(thread: number): number {
    return (this.#placement.threads + thread * this.#placement.threadStride + fieldOffset("Scratch", "posted")) / 4;
  }

  get #doneIndex(): number {
    return (this.#placement.sync + fieldOffset("Sync", "done")) / 4;
  }
}

function waitAsync(): WaitAsync["waitAsync"] {
  const atomics = Atomics as WaitAsync;
  return atomics.waitAsync?.bind(atomics);
}
