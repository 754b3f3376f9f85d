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
    const buffer = this.#create({ label, size: wordAligned(size), usage, mappedAtCreation: true });
    fill(buffer.getMappedRange());
    buffer.unmap();
    return buffer;
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
    const device = this.#device;
    device.pushErrorScope("out-of-memory");
    try {
      const buffer = device.createBuffer(descriptor);
      this.#made.push(buffer);
      this.byteLength += descriptor.size;
      return buffer;
    } catch (cause) {
      throw this.#failure(descriptor, cause); // a mapped buffer that cannot be had throws RangeError at once
    } finally {
      const check = device.popErrorScope().then((error) => {
        if (error) throw this.#failure(descriptor, error);
      });
      check.catch(() => {}); // reported by settled(), or by the exception above
      this.#checks.push(check);
    }
  }

  #failure({ label, size }: GPUBufferDescriptor, cause: unknown): OutOfMemoryError {
    const held = this.byteLength - size;
    return new OutOfMemoryError(`cannot allocate ${size} bytes for ${label} on the device, ${held} bytes after ${this.#made.length} buffers`, { cause });
  }
}

function wordAligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
