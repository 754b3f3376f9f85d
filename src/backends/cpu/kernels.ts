import { KERNELS } from "./module.ts";

/** What an instance of the kernels exports. Addresses are bytes of the shared memory. */
export interface Kernels {
  /**
   * Waits for this thread's next step and computes it; 0 when the pool stops, else 1. Blocks: for worker threads alone.
   */
  work(model: number, thread: number): number;
  /** Computes the step of the record at `step` on the calling thread. */
  computeAlone(model: number, step: number): void;
  /**
   * Packs groups [first, end) of the matrix record from rows of `rowBytes` at `source`, the first of which is
   * `firstRow`.
   */
  packGroups(
    matrix: number,
    type: number,
    rowBytes: number,
    first: number,
    end: number,
    source: number,
    firstRow: number,
  ): void;
  /** x^y, the same on every machine, which Math.pow is not. */
  power(x: number, y: number): number;
  /** ln x, the same on every machine. */
  logarithm(x: number): number;
}

/** Where free memory begins: the module's own constants lie below. */
export const FIRST_ADDRESS = 65_536;

let compiled: Promise<WebAssembly.Module> | null = null;

/** The kernels, compiled once a process. */
export function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(KERNELS.join("")), (character) => character.charCodeAt(0)));
  return compiled;
}

/** An instance on `memory`; every thread has its own. */
export async function openKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(await compileKernels(), { env: { memory } });
  return instance.exports as unknown as Kernels;
}
