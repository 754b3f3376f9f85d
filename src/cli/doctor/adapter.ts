import { adapterName, isSoftware } from "../../backends/webgpu/index.ts";
import type { AdapterReport } from "./report.ts";

/** An adapter's own words, its features and limits. WebGPU's objects have no own properties, so `Object.keys` would find none. */
export function describeAdapter(adapter: GPUAdapter, origin: string, chosen: boolean): AdapterReport {
  const { info } = adapter;
  const { vendor, architecture, device, description } = info;
  return {
    name: adapterName(info),
    origin,
    chosen,
    software: isSoftware(info),
    info: { vendor, architecture, device, description },
    features: [...adapter.features].toSorted(),
    limits: numbersOf(adapter.limits),
  };
}

function numbersOf(limits: GPUSupportedLimits): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") numbers[name] = value;
  }
  return numbers;
}
