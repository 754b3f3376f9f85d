import { describe, expect, test } from "vitest";
import { inspectAdapters } from "../../../src/backends/webgpu/index.ts";
import { REPORTED_LIMITS } from "../../../src/backends/webgpu/inspect.ts";
import { gpu, ifWebGPU, noWebGPU } from "../../support/webgpu.ts";

describe.skipIf(noWebGPU)(`inspectAdapters${ifWebGPU}`, () => {
  test("reports adapters once each, the choice, limits, features and the probe, as plain data", async () => {
    const report = await inspectAdapters(gpu());
    expect(report.adapters.length).toBeGreaterThan(0);
    expect(new Set(report.adapters.map(({ name }) => name)).size).toBe(report.adapters.length);
    expect(report.chosen).toBe(report.adapters[0].name);
    expect(report.weights).toEqual({ read: ["F32", "F16", "BF16", "Q8_0", "Q4_0"], widenedTo: "F16" });
    // A probe takes seconds of CPU on a software adapter: this is the one that finds a device bit-exact.
    expect(report.probe).toMatchObject({ bitExact: true });
    expect(report.probe?.checks.map(({ name }) => name.replace(/, .*/, ""))).toEqual([
      "matrix product: row of 1 row",
      "matrix product: tile of 8 rows",
      ...[1, 2, 4, 8, 16, 32].map((rows) => `matrix product: split of ${rows} ${rows === 1 ? "row" : "rows"}`),
      "matrix product: block of 64 rows",
      "RMSNorm: thread",
      "RMSNorm: group",
      "attention: thread",
      "attention: group",
    ]);
    for (const { limits, features, software } of report.adapters) {
      expect(Object.keys(limits)).toEqual([...REPORTED_LIMITS]);
      expect(features).toEqual(features.toSorted());
      expect(report.advice === null).toBe(!software);
    }
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

test("a place without WebGPU or without an adapter is no error, and says what to install", async () => {
  const none = {
    adapters: [],
    chosen: null,
    probe: null,
    weights: expect.anything() as unknown,
    advice: expect.stringMatching(/^install a driver/) as string,
  };
  expect(await inspectAdapters(undefined)).toEqual({ ...none, reason: "this runtime has no WebGPU" });
  const empty = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  expect(await inspectAdapters(empty)).toEqual({ ...none, reason: "WebGPU finds no adapter" });
});
