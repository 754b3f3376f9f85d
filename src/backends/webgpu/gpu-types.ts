/** WebGPU's types where the program has them (lib.dom, @webgpu/types), else `object`: the declarations need neither. */
type GlobalType<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer Type }> ? Type : object;

export type Gpu = GlobalType<"GPU">;
export type GpuDevice = GlobalType<"GPUDevice">;
export type GpuAdapter = GlobalType<"GPUAdapter">;
export type GpuAdapterInfo = GlobalType<"GPUAdapterInfo">;
