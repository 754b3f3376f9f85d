export { createWebGPUBackend } from "./create.ts";
export { type WebGPUBackendOptions } from "./options.ts";
export { type DeviceSource, adapterName, isSoftware, requestAdapter } from "./device.ts";
export { GPU_VARIANTS, SOFTWARE_VARIANTS, VARIANTS, type Variants } from "./kernels/variants.ts";
export { type AdapterReport, type Inspection, inspectAdapters } from "./inspect.ts";
export { type TunedClass, type Tuning, classTitle, tuneVariants } from "./tune.ts";
export { type ProbeCheck, type ProbeReport, probeDevice } from "./probe.ts";
