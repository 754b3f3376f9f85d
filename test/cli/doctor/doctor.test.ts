import { expect, test } from "vitest";
import { diagnose } from "../../../src/cli/doctor/doctor.ts";
import { measureCpu } from "../../../src/cli/doctor/measure-cpu.ts";
import type { Report } from "../../../src/cli/doctor/report.ts";
import { GPU_VARIANTS, type Inspection } from "../../../src/backends/webgpu/index.ts";
import { bstar } from "../../support/cli-io.ts";

const adapter = {
  name: "GPU 9000",
  vendor: "v",
  architecture: "a",
  description: "d",
  software: false,
  limits: {} as Inspection["adapters"][number]["limits"],
  features: [],
};
const probe = { bitExact: true, checks: [] };
const kernels = { tuned: false, variants: GPU_VARIANTS, measured: null };
const inspection: Inspection = {
  adapters: [adapter, { ...adapter, name: "slow" }],
  chosen: "GPU 9000",
  reason: "fastest",
  advice: null,
  weights: { read: ["F32"], widenedTo: "F16" },
  probe,
};

const cpu = { name: "cpu (2 threads)", tokensPerSecond: 900, copyBytesPerSecond: 9e9 };

test("WebGPU is chosen where it can be used, with what was found out about it", () => {
  expect(diagnose({ inspection, origin: "the system's driver", kernels }, cpu)).toMatchObject({
    backends: {
      webgpu: { available: true, problem: null },
      cpu: { available: true, problem: null },
      reference: { available: true, problem: null },
    },
    measured: cpu,
    choice: { backend: "webgpu", adapter: "GPU 9000", reason: "fastest" },
    adapters: [
      { name: "GPU 9000", chosen: true, origin: "the system's driver" },
      { name: "slow", chosen: false },
    ],
    weights: inspection.weights,
    kernels,
    probe,
    advice: null,
  });
});

test("a software adapter is not chosen before the CPU", () => {
  const software = { ...inspection, adapters: [{ ...adapter, software: true }] };
  const { choice, adapters } = diagnose({ inspection: software, origin: "npm", kernels }, cpu);
  expect(choice).toEqual({
    backend: "cpu",
    adapter: null,
    reason: "WebGPU has software adapters alone, which are slower",
  });
  expect(adapters).toHaveLength(1);
});

test("without an adapter and threads it is the reference, and why is said", () => {
  expect(diagnose({ problem: "no adapter" }, { problem: "no threads" })).toMatchObject({
    backends: {
      webgpu: { available: false, problem: "no adapter" },
      cpu: { available: false, problem: "no threads" },
      reference: { available: true },
    },
    measured: null,
    choice: { backend: "reference", adapter: null },
    adapters: [],
    probe: null,
    advice: expect.any(String),
  });
});

test("whatever this machine has, the report is one JSON object, and the run is no failure", async () => {
  const { code, out, err } = await bstar(["doctor", "--json"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const report = JSON.parse(out) as Report;
  expect(out.trimEnd()).not.toContain("\n");
  expect(report.models[0]).toMatchObject({ name: "builtin", problem: null });
  expect(report.adapters.length > 0).toBe(report.backends.webgpu.available);
});

test("the CPU is measured with the built-in model", async () => {
  const measured = await measureCpu();
  expect(measured).toMatchObject({ name: expect.stringMatching(/^cpu \(/), tokensPerSecond: expect.any(Number) });
});
