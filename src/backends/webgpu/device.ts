import { DeviceLimitError, DeviceUnavailableError } from "../../errors.ts";
import type { Gpu, GpuAdapter, GpuAdapterInfo, GpuDevice } from "./gpu-types.ts";

/** Where a device comes from; the first that is given wins. Default: `navigator.gpu`. */
export interface DeviceSource {
  /** Used as it is and never destroyed: it may serve others. */
  readonly device?: GpuDevice;
  readonly adapter?: GpuAdapter;
  /** Node: what `create()` of the npm package "webgpu" returns; keep it referenced as long as the device is used. */
  readonly gpu?: Gpu;
}

/** Sizes that a backend would like; a device grants what its adapter can. */
export interface DeviceNeeds {
  /** Bytes of the largest binding that splitting would avoid. */
  readonly bindingBytes: number;
}

export interface AcquiredDevice {
  readonly device: GpuDevice;
  /** Destroyed with the backend. */
  readonly owned: boolean;
  readonly info: GpuAdapterInfo;
  readonly source: DeviceSource;
}

/** Threads of the largest workgroup and storage buffers of the busiest kernel. Both are within WebGPU's defaults. */
const REQUIRED = {
  maxComputeInvocationsPerWorkgroup: 128,
  maxStorageBuffersPerShaderStage: 7,
  maxBindGroups: 1,
} as const;

/**
 * A device with limits as near to `needs` as the adapter allows. Throws `DeviceUnavailableError` where there is no
 * adapter or it gives no device, `DeviceLimitError` where a limit that cannot be worked around is too small.
 */
export async function requestDevice(source: DeviceSource, needs: DeviceNeeds): Promise<AcquiredDevice> {
  const { device: given } = source;
  if (given) {
    checkLimits(given.limits);
    return { device: given, owned: false, info: given.adapterInfo, source };
  }
  const adapter = source.adapter ?? (await requestAdapter(source.gpu));
  checkLimits(adapter.limits);
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const requiredLimits = {
    maxStorageBufferBindingSize: Math.min(maxStorageBufferBindingSize, needs.bindingBytes),
    maxBufferSize: Math.min(maxBufferSize, needs.bindingBytes),
  };
  try {
    return { device: await adapter.requestDevice({ requiredLimits }), owned: true, info: adapter.info, source };
  } catch (cause) {
    throw new DeviceUnavailableError(`the adapter ${adapterName(adapter.info)} gives no device: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** The fastest adapter of `gpu`; throws `DeviceUnavailableError` that says what to do where there is none. */
export async function requestAdapter(gpu: Gpu | undefined = globalThis.navigator?.gpu): Promise<GpuAdapter> {
  if (!gpu) {
    throw new DeviceUnavailableError(
      'this runtime has no WebGPU: in Node, install the package "webgpu" and pass its create([]) as `gpu`; ' +
        "in a browser, use one that has navigator.gpu",
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new DeviceUnavailableError(
    "WebGPU finds no adapter: install a driver with Vulkan, Metal or Direct3D 12; without a GPU, " +
      "Mesa's lavapipe (25 or newer) or SwiftShader will do",
  );
}

/** "SwiftShader driver 5.0.0", "nvidia ampere": what the adapter says of itself. */
export function adapterName(info: GpuAdapterInfo): string {
  const { vendor, architecture, description, device } = info;
  return description || device || [vendor, architecture].filter(Boolean).join(" ") || "unknown adapter";
}

/** Whether shaders run on the CPU: there, workgroup memory and barriers are the slow path. */
export function isSoftware(info: GpuAdapterInfo): boolean {
  return (
    info.isFallbackAdapter ||
    /swiftshader|llvmpipe|lavapipe|warp|basic render/i.test(`${info.architecture} ${info.description} ${info.device}`)
  );
}

function checkLimits(limits: GPUSupportedLimits): void {
  for (const [name, needed] of Object.entries(REQUIRED)) {
    const got = limits[name as keyof typeof REQUIRED];
    if (got < needed) throw new DeviceLimitError(`the device's ${name} is ${got}, the kernels need ${needed}`);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
