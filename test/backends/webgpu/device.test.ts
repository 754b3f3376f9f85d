import { describe, expect, test } from "vitest";
import { adapterName, isSoftware, requestAdapter, requestDevice } from "../../../src/backends/webgpu/device.ts";
import { DeviceLimitError, DeviceUnavailableError } from "../../../src/errors.ts";

const INFO = {
  vendor: "acme",
  architecture: "anvil",
  description: "",
  device: "",
  isFallbackAdapter: false,
} as GPUAdapterInfo;
const LIMITS = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBuffersPerShaderStage: 8,
  maxBindGroups: 4,
  maxStorageBufferBindingSize: 1000,
  maxBufferSize: 2000,
};

/** An adapter that notes what is asked of it. */
function fakeAdapter(
  limits: Partial<typeof LIMITS> = {},
  fail: Error | null = null,
): GPUAdapter & { asked: GPUDeviceDescriptor[] } {
  const asked: GPUDeviceDescriptor[] = [];
  const requestFake = (descriptor: GPUDeviceDescriptor): Promise<unknown> => {
    asked.push(descriptor);
    return fail ? Promise.reject(fail) : Promise.resolve({ limits: { ...LIMITS, ...limits } });
  };
  return {
    info: INFO,
    limits: { ...LIMITS, ...limits },
    requestDevice: requestFake,
    asked,
  } as unknown as GPUAdapter & { asked: GPUDeviceDescriptor[] };
}

describe("requestDevice", () => {
  test("asks for what is needed, and for no more than the adapter has", async () => {
    const adapter = fakeAdapter();
    const { owned } = await requestDevice({ adapter }, { bindingBytes: 1500 });
    expect(owned).toBe(true);
    expect(adapter.asked).toEqual([{ requiredLimits: { maxStorageBufferBindingSize: 1000, maxBufferSize: 1500 } }]);
  });

  test.each([
    [{ maxStorageBuffersPerShaderStage: 4 }, "the device's maxStorageBuffersPerShaderStage is 4, the kernels need 7"],
    [
      { maxComputeInvocationsPerWorkgroup: 32 },
      "the device's maxComputeInvocationsPerWorkgroup is 32, the kernels need 128",
    ],
  ])("refuses an adapter with %o", async (limits, message) => {
    await expect(requestDevice({ adapter: fakeAdapter(limits) }, { bindingBytes: 1 })).rejects.toThrow(
      new DeviceLimitError(message),
    );
  });

  test("takes a device as it is, and leaves it to its owner", async () => {
    const device = { limits: LIMITS, adapterInfo: INFO } as unknown as GPUDevice;
    const source = { device, adapter: fakeAdapter() };
    expect(await requestDevice(source, { bindingBytes: 1 })).toEqual({ device, owned: false, info: INFO, source });
    const small = { limits: { ...LIMITS, maxBindGroups: 0 }, adapterInfo: INFO } as unknown as GPUDevice;
    await expect(requestDevice({ device: small }, { bindingBytes: 1 })).rejects.toThrow(DeviceLimitError);
  });

  test("says which adapter gave no device, and why", async () => {
    const adapter = fakeAdapter({}, new Error("consumed"));
    await expect(requestDevice({ adapter }, { bindingBytes: 1 })).rejects.toThrow(
      new DeviceUnavailableError("the adapter acme anvil gives no device: consumed"),
    );
  });
});

describe("requestAdapter", () => {
  test("says what to install where there is no WebGPU, and where there is no adapter", async () => {
    await expect(requestAdapter(undefined)).rejects.toThrow(
      /^this runtime has no WebGPU: in Node, install the package "webgpu"/,
    );
    const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(requestAdapter(gpu)).rejects.toThrow(/^WebGPU finds no adapter: install a driver/);
  });

  test("asks for the fastest adapter", async () => {
    const adapter = fakeAdapter();
    const gpu = {
      requestAdapter: (options: GPURequestAdapterOptions) =>
        Promise.resolve(options.powerPreference === "high-performance" ? adapter : null),
    };
    expect(await requestAdapter(gpu as unknown as GPU)).toBe(adapter);
  });
});

test("an adapter is called what it calls itself", () => {
  expect(adapterName({ ...INFO, description: "Anvil 9000" })).toBe("Anvil 9000");
  expect(adapterName({ ...INFO, device: "0x12" })).toBe("0x12");
  expect(adapterName(INFO)).toBe("acme anvil");
  expect(adapterName({ ...INFO, vendor: "", architecture: "" })).toBe("unknown adapter");
});

test("software adapters are told by their flag or their name", () => {
  expect(isSoftware(INFO)).toBe(false);
  expect(isSoftware({ ...INFO, isFallbackAdapter: true })).toBe(true);
  expect(isSoftware({ ...INFO, description: "llvmpipe (LLVM 19, 256 bits)" })).toBe(true);
  expect(isSoftware({ ...INFO, architecture: "swiftshader" })).toBe(true);
});
