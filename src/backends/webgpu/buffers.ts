import { OutOfMemoryError } from "../../errors.ts";

/** GPUBufferUsage and GPUMapMode as numbers: Node has no such globals. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
export const MAP_MODE_READ = 1;

/** Storage that kernels use and that can be copied from and to. */
export const STORAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;

/** Buffers that the message of a failed allocation names. */
const NAMED_BUFFERS = 5;
const HELP =
  "fewer blocks (kvBytes), keys and values as f16 or int8, quantized weights or a smaller maxTokens need less";

/** What a device may have yet to take of weights that were written. */
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

/**
 * Makes the buffers of one backend and destroys them together. WebGPU reports a failed allocation later, so
 * `settled()` must be awaited before the buffers are relied on.
 *
 * Law: `byteLength` is the sum of the sizes of the buffers made and not destroyed.
 */
export class Buffers {
  readonly #device: GPUDevice;
  readonly #made: GPUBuffer[] = [];
  readonly #checks: Promise<void>[] = [];
  byteLength = 0;
  #unsent = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed buffer of `size` bytes, rounded up to whole words. */
  create(label: string, size: number, usage: number): GPUBuffer {
    return this.#create({ label, size: wordAligned(size), usage });
  }

  /** A storage buffer that `fill` writes before the device sees it. */
  createFilled(label: string, size: number, usage: number, fill: (target: ArrayBuffer) => void): GPUBuffer {
    const buffer = this.#create({ label, size: wordAligned(size), usage, mappedAtCreation: true });
    fill(buffer.getMappedRange());
    buffer.unmap();
    return buffer;
  }

  /**
   * Writes whole words to `buffer` from byte `offset` on. Resolves at once, unless `MOST_UNSENT_BYTES` are on their
   * way: then when the device has them, so that the host does not hold copies of all weights.
   */
  async write(buffer: GPUBuffer, offset: number, data: ArrayBuffer): Promise<void> {
    const { queue } = this.#device;
    queue.writeBuffer(buffer, offset, data);
    this.#unsent += data.byteLength;
    if (this.#unsent < MOST_UNSENT_BYTES) return;
    this.#unsent = 0;
    queue.submit([]);
    await queue.onSubmittedWorkDone();
  }

  /** Rejects with `OutOfMemoryError` that says which buffer failed and how many bytes it asked for. */
  async settled(): Promise<void> {
    await Promise.all(this.#checks.splice(0));
  }

  destroy(): void {
    for (const buffer of this.#made.splice(0)) buffer.destroy();
    this.byteLength = 0;
  }

  #create(descriptor: GPUBufferDescriptor): GPUBuffer {
    const message =
      `cannot allocate ${descriptor.size} bytes for ${descriptor.label} on the device, ` +
      `which holds ${this.#contents()}: ${HELP}`;
    const buffer = this.#attempt(descriptor, message);
    this.#made.push(buffer);
    this.byteLength += descriptor.size;
    return buffer;
  }

  /** "12 bytes in 3 buffers, the largest are 8 of weights and 4 of logits" */
  #contents(): string {
    const total = `${this.byteLength} bytes in ${this.#made.length} buffers`;
    const sizes = new Map<string, number>();
    for (const { label, size } of this.#made) sizes.set(label, (sizes.get(label) ?? 0) + size);
    const large = [...sizes].sort(([, a], [, b]) => b - a).slice(0, NAMED_BUFFERS);
    if (large.length === 0) return total;
    return `${total}, the largest are ${large.map(([label, size]) => `${size} of ${label}`).join(", ")}`;
  }

  #attempt(descriptor: GPUBufferDescriptor, message: string): GPUBuffer {
    this.#device.pushErrorScope("out-of-memory");
    try {
      return this.#device.createBuffer(descriptor);
    } catch (cause) {
      throw new OutOfMemoryError(message, { cause }); // a mapped buffer that cannot be had throws RangeError at once
    } finally {
      const check = this.#device.popErrorScope().then((cause) => {
        if (cause) throw new OutOfMemoryError(message, { cause });
      });
      check.catch(() => {}); // settled() reports it
      this.#checks.push(check);
    }
  }
}

function wordAligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
