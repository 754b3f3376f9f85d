import { DeviceUnavailableError } from "../../errors.ts";
import type { Binding, Kernel } from "./kernels/kernel.ts";

/** A compiled kernel and the layout that its bind groups need. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const BUFFER_TYPES: Readonly<Record<Binding, GPUBufferBindingType>> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

const ofDevices = new WeakMap<GPUDevice, Pipelines>();

/** The pipelines that all backends of a device share, as long as the device is there. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  const known = ofDevices.get(device) ?? new Pipelines(device);
  ofDevices.set(device, known);
  return known;
}

/** Pipelines of a device, one for each kernel text and set of constants, compiled once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Rejects with a `DeviceUnavailableError` that carries the compiler's message. */
  get(kernel: Kernel): Promise<Pipeline> {
    const key = JSON.stringify([kernel.code, kernel.constants]);
    const known = this.#pipelines.get(key);
    if (known) return known;
    const made = this.#compile(kernel);
    this.#pipelines.set(key, made);
    return made;
  }

  async #compile({ label, code, bindings, constants }: Kernel): Promise<Pipeline> {
    const device = this.#device;
    const layout = this.#layout(bindings);
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code });
    const invalid = await device.popErrorScope();
    try {
      if (invalid) throw invalid;
      const pipeline = await device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main", constants },
      });
      return { pipeline, layout };
    } catch (cause) {
      const reason = (cause as { message: string }).message;
      throw new DeviceUnavailableError(`the kernel "${label}" does not compile on this device: ${reason}`, { cause });
    }
  }

  #layout(bindings: readonly Binding[]): GPUBindGroupLayout {
    const key = bindings.join();
    const known = this.#layouts.get(key);
    if (known) return known;
    const entries = bindings.map((kind, binding) => ({
      binding,
      visibility: 4, // GPUShaderStage.COMPUTE, a global that Node does not have
      buffer: { type: BUFFER_TYPES[kind] },
    }));
    const made = this.#device.createBindGroupLayout({ entries });
    this.#layouts.set(key, made);
    return made;
  }
}
