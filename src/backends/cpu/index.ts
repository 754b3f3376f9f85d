export { createCpuBackend } from "./create.ts";
export type { CpuBackendOptions } from "./options.ts";
