import { OutOfMemoryError } from "../../errors.ts";

/** GPUBufferUsage and GPUMapMode as numbers: Node has no such globals. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
export const MAP_MODE_READ = 1;

/** Storage that kernels use and that can be copied from and to. */
export const STORAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;

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

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed buffer of `size` bytes, rounded up to whole words. */
  create(label: string, size: number, usage: number): GPUBuffer {
    return this.#create({ label, size: wordAligned(size), usage });
  }

  /** A storage buffer that `fill` writes before the device sees it. */
  createFilled(label: string, size: number, usage: number, fill: (target: ArrayBuffer) => void): GPUBuffer {
    const { buffer, target } = this.createMapped(label, size, usage);
    fill(target);
    buffer.unmap();
    return buffer;
  }

  /** A storage buffer that is written through `target` until `buffer.unmap()`. */
  createMapped(
    label: string,
    size: number,
    usage: number,
  ): { readonly buffer: GPUBuffer; readonly target: ArrayBuffer } {
    const buffer = this.#create({ label, size: wordAligned(size), usage, mappedAtCreation: true });
    return { buffer, target: buffer.getMappedRange() };
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
      `which holds ${this.byteLength} bytes in ${this.#made.length} buffers`;
    const buffer = this.#attempt(descriptor, message);
    this.#made.push(buffer);
    this.byteLength += descriptor.size;
    return buffer;
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
