export { blockBytes, groupsOf } from "./block-bytes.ts";
export { createSimulatedBackend, type SimulatedBackendOptions } from "./simulated-backend.ts";
export { SimulatedDevice, type SimulatedDeviceOptions } from "./simulated-device.ts";
