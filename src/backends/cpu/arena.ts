import { DeviceLimitError, OutOfMemoryError } from "../../errors.ts";
import { FIRST_ADDRESS } from "./kernels.ts";

const PAGE_BYTES = 65_536;
/** Addresses of WebAssembly are 32 bits wide. */
const MOST_BYTES = 2 ** 32;
/** A cache line: parts of different threads share none. */
const ALIGNMENT = 64;

/**
 * Hands out the one memory that all threads share, before it is there: addresses first, then the memory in the size
 * that they need.
 *
 * Law: parts do not overlap, and each begins at a multiple of 64.
 */
export class Arena {
  #end = FIRST_ADDRESS;

  /** The address of `bytes` zeroed bytes. Throws `DeviceLimitError` beyond 4 GiB. */
  take(bytes: number, purpose: string): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.#end <= MOST_BYTES) return address;
    throw new DeviceLimitError(
      `WebAssembly's memory ends at ${gigabytes(MOST_BYTES)}, and ${purpose} would end at ${gigabytes(this.#end)}: ` +
        "use fewer blocks, fewer tokens a step or a smaller weight type",
    );
  }

  /** The memory. Throws `OutOfMemoryError` where the machine does not give it. */
  open(): WebAssembly.Memory {
    const pages = Math.ceil(this.#end / PAGE_BYTES);
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (cause) {
      throw new OutOfMemoryError(`cannot allocate ${pages * PAGE_BYTES} bytes for the CPU backend`, { cause });
    }
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
