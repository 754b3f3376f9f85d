import { expect, test } from "vitest";
import { diagnose } from "../../../src/cli/doctor/doctor.ts";
import type { Report } from "../../../src/cli/doctor/report.ts";
import type { Inspection } from "../../../src/backends/webgpu/index.ts";
import { bstar } from "../../support/cli-io.ts";

const adapter = { name: "GPU 9000", vendor: "v", architecture: "a", description: "d", software: false, limits: {} as Inspection["adapters"][number]["limits"], features: [] };
const probe = { bitExact: true, checks: [] };
const inspection: Inspection = { adapters: [adapter, { ...adapter, name: "slow" }], chosen: "GPU 9000", reason: "fastest", advice: null, probe };

test("WebGPU is chosen where it can be used, with what was found out about it", () => {
  expect(diagnose({ inspection, origin: "the system's driver" })).toMatchObject({
    backends: { webgpu: { available: true, problem: null }, reference: { available: true, problem: null } },
    choice: { backend: "webgpu", adapter: "GPU 9000", reason: "fastest" },
    adapters: [{ name: "GPU 9000", chosen: true, origin: "the system's driver" }, { name: "slow", chosen: false }],
    probe,
    advice: null,
  });
});

test("without an adapter it is the reference, and why is said", () => {
  expect(diagnose({ problem: "no adapter" })).toMatchObject({
    backends: { webgpu: { available: false, problem: "no adapter" }, reference: { available: true } },
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
