import { adapterName, isSoftware } from "./device.ts";
import { DEVICE_DTYPES, WIDENED_DTYPE } from "./packing.ts";
import { type ProbeReport, probeDevice } from "./probe.ts";
import type { Gpu, GpuAdapter } from "./gpu-types.ts";

/** Limits that decide what fits and how fast it runs. */
export const REPORTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** What there is to say of one adapter; plain data. */
export interface AdapterReport {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
  readonly limits: Readonly<Record<(typeof REPORTED_LIMITS)[number], number>>;
  readonly features: readonly string[];
}

/** What WebGPU offers here and what a backend would take; plain data. */
export interface Inspection {
  /** Different adapters, in the order of preference. */
  readonly adapters: readonly AdapterReport[];
  /** Name of the adapter that a backend takes, or null. */
  readonly chosen: string | null;
  /** Why that one, or why none. */
  readonly reason: string;
  /** What would give a better adapter, or null. */
  readonly advice: string | null;
  /** Types of weights that kernels read, and what the others become while a model is loaded, on every adapter. */
  readonly weights: { readonly read: readonly string[]; readonly widenedTo: string };
  /** The bit-exactness probe on the chosen adapter, or null where there is none. */
  readonly probe: ProbeReport | null;
}

/** Every kind of adapter that a page or program can ask for; WebGPU does not list adapters. */
const REQUESTS: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];

/** Looks at the adapters of `gpu`, by default `navigator.gpu`, and probes the adapter that a backend takes. */
export async function inspectAdapters(gpu: Gpu | undefined = globalThis.navigator?.gpu): Promise<Inspection> {
  if (!gpu) return nothing("this runtime has no WebGPU");
  const found: GpuAdapter[] = [];
  for (const request of REQUESTS) {
    const adapter = await gpu.requestAdapter(request);
    if (adapter) found.push(adapter);
  }
  if (found.length === 0) return nothing("WebGPU finds no adapter");
  const [chosen] = found;
  const reports = found.map(reportOf);
  const device = await chosen.requestDevice();
  try {
    const { name, software } = reports[0];
    return {
      adapters: reports.filter((report, i) => reports.findIndex((other) => other.name === report.name) === i),
      chosen: name,
      reason: software
        ? "the only kind found: it runs shaders on the CPU"
        : "what WebGPU gives for the high-performance preference",
      advice: software ? SOFTWARE_ADVICE : null,
      weights: WEIGHTS,
      probe: await probeDevice(device),
    };
  } finally {
    device.destroy();
  }
}

const WEIGHTS = { read: [...DEVICE_DTYPES], widenedTo: WIDENED_DTYPE };

const SOFTWARE_ADVICE =
  "a GPU with a Vulkan, Metal or Direct3D 12 driver is faster by orders of magnitude; without one, " +
  "Mesa's lavapipe 25 or newer is 2 to 10 times faster than SwiftShader";

function nothing(reason: string): Inspection {
  const advice =
    "install a driver with Vulkan, Metal or Direct3D 12, or a software adapter " +
    "(Mesa's lavapipe 25 or newer, SwiftShader)";
  return { adapters: [], chosen: null, reason, advice, weights: WEIGHTS, probe: null };
}

function reportOf({ info, limits, features }: GpuAdapter): AdapterReport {
  const { vendor, architecture, description } = info;
  return {
    name: adapterName(info),
    vendor,
    architecture,
    description,
    software: isSoftware(info),
    limits: Object.fromEntries(REPORTED_LIMITS.map((name) => [name, limits[name]])) as AdapterReport["limits"],
    features: [...features].sort(),
  };
}
