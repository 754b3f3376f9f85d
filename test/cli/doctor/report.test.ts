import { expect, test } from "vitest";
import { SOFTWARE_VARIANTS, type TunedClass } from "../../../src/backends/webgpu/index.ts";
import { formatReport, type Report } from "../../../src/cli/doctor/report.ts";

const limits = {
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
  maxStorageBuffersPerShaderStage: 12,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeWorkgroupsPerDimension: 65535,
};

const report: Report = {
  bstar: "1.2.3",
  node: "v24.0.0",
  platform: "linux-x64",
  cpu: "2 x Some CPU",
  memoryBytes: 8 * 2 ** 30,
  backends: {
    webgpu: { available: true, problem: null },
    cpu: { available: true, problem: null },
    reference: { available: true, problem: null },
  },
  measured: { name: "cpu (2 threads)", tokensPerSecond: 900, copyBytesPerSecond: 8 * 2 ** 30 },
  choice: { backend: "webgpu", adapter: "SwiftShader", reason: "no GPU was found" },
  adapters: [
    {
      name: "SwiftShader",
      vendor: "v",
      architecture: "a",
      description: "d",
      software: true,
      limits,
      features: ["subgroups"],
      chosen: true,
      origin: "npm",
    },
  ],
  weights: { read: ["F32", "Q8_0"], widenedTo: "F16" },
  kernels: { tuned: false, variants: SOFTWARE_VARIANTS, measured: null },
  probe: { bitExact: true, checks: [{ name: "matrix product: row against tile", equal: true }] },
  models: [
    {
      name: "builtin",
      folder: "models/builtin",
      architecture: "LlamaForCausalLM",
      contextLength: 1024,
      weightBytes: 2.5 * 2 ** 20,
      problem: null,
    },
    { name: "bad", folder: "models/bad", problem: "has no .safetensors file" },
  ],
  advice: "a GPU",
};

test("the report for people", () => {
  expect(formatReport(report)).toBe(`bstar
  1.2.3 on Node v24.0.0, linux-x64
  2 x Some CPU, 8 GiB of memory

backends
  webgpu    can be used
  cpu       can be used
  reference can be used

measured
  cpu (2 threads): 900 tokens a second of the built-in model; one thread copies 8 GiB a second

chosen
  webgpu on SwiftShader: no GPU was found

adapters
  * SwiftShader (software, on the CPU), from npm
      shader-f16 no, subgroups yes, timestamp-query no
      maxBufferSize                       1 GiB
      maxStorageBufferBindingSize         1 GiB
      maxStorageBuffersPerShaderStage     12
      maxComputeInvocationsPerWorkgroup   256
      maxComputeWorkgroupStorageSize      32 KiB
      maxComputeWorkgroupsPerDimension    65535

weights on WebGPU
  F32, Q8_0 as they are stored; other types are widened to F16 while a model is loaded

kernels on WebGPU
  matrix products, of this kind of adapter; bstar doctor --tune measures them
    up to 2 rows        row of 1
    more than 2 rows    tile of 8
  RMSNorm thread, attention thread

bit-exactness
  a request's logits are the same bits in any batch
    equal   matrix product: row against tile

models
  builtin         LlamaForCausalLM, 2.5 MiB, context 1024
  bad             has no .safetensors file

better
  a GPU
`);
});

test("what is not there has no heading, what cannot be used says why", () => {
  const text = formatReport({
    ...report,
    adapters: [],
    probe: null,
    advice: null,
    backends: { ...report.backends, webgpu: { available: false, problem: "no adapter" } },
    choice: { backend: "reference", adapter: null, reason: "WebGPU cannot be used" },
  });
  expect(text).not.toMatch(/^(adapters|bit-exactness|better)$/m);
  expect(text).toContain("webgpu    cannot be used: no adapter\n");
  expect(text).toContain("  reference: WebGPU cannot be used\n");
});

test("an adapter that does not keep the promise is named as such", () => {
  const probe = { bitExact: false, checks: [{ name: "RMSNorm", equal: false }] };
  expect(formatReport({ ...report, probe })).toContain(
    "bit-exactness\n  NOT kept on this adapter: a request's logits can depend on its batch\n    DIFFERS RMSNorm\n",
  );
});

test("what was measured stands behind each class of rows", () => {
  const measured: TunedClass[] = [
    { mostRows: 2, chosen: "row of 1", microseconds: { "row of 1": 3.2, "tile of 8": 9 } },
    { mostRows: 65_535, chosen: "tile of 8", microseconds: {} },
  ];
  const text = formatReport({ ...report, kernels: { tuned: true, variants: SOFTWARE_VARIANTS, measured } });
  expect(text).toContain("matrix products, as bstar doctor --tune measured them\n");
  expect(text).toContain(
    "up to 2 rows        row of 1 (µs: row of 1 3, tile of 8 9)\n    more than 2 rows    tile of 8\n",
  );
});
