/**
 * `npm run gpu-bench [-- --out FOLDER]`: what the WebGPU backend does on the adapter at hand: whether bits depend on the
 * batch, each product's time and share of the memory's bandwidth, tokens a second of steps of 1 to 32 sequences, and
 * the prefill's operations a second. Writes gpu-bench.json and gpu-bench.md, by default to reports/.
 *
 * On a software adapter the sizes are small: the numbers then say whether kernels run, not how fast a GPU is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  adapterName,
  createWebGPUBackend,
  isSoftware,
  probeDevice,
  requestAdapter,
  tuneVariants,
} from "../src/backends/webgpu/index.ts";
import { openNodeGpu } from "../src/cli/webgpu-node.ts";
import { copyBandwidth } from "./gpu-bench/bandwidth.ts";
import { type Row, markdownOf } from "./gpu-bench/report.ts";
import { decodeSpeed, prefillSpeed } from "./gpu-bench/steps.ts";
import { benchModel } from "./gpu-bench/model.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "reports" } } });
const { gpu, adapter, origin } = await openNodeGpu();
const software = isSoftware(adapter.info);
const rows: Row[] = [];
const add = (name: string, value: string, aim = ""): void => {
  rows.push({ name, value, aim });
  console.log(`${name}: ${value}${aim === "" ? "" : ` (aim ${aim})`}`);
};

add("adapter", `${adapterName(adapter.info)}, from ${origin}${software ? ", software" : ""}`);
const bandwidth = await copyBandwidth(await anAdapter(), software);
add("memory, by copies between buffers", `${gigabytes(bandwidth)} a second`);

const device = await (await anAdapter()).requestDevice();
const { bitExact } = await probeDevice(device);
device.destroy();
add("bits do not depend on the batch", bitExact ? "yes" : "NO", "yes");

const tuning = await tuneVariants(await anAdapter());
for (const { mostRows, chosen, microseconds } of tuning.classes) {
  const fastest = microseconds[chosen];
  const share = tuning.matrixBytes / (fastest * 1e-6) / bandwidth;
  add(
    `product of at most ${mostRows} rows, ${chosen}`,
    `${fastest.toFixed(0)} µs, ${(100 * share).toFixed(0)}% of the bandwidth`,
    mostRows === 1 ? ">= 70%" : mostRows <= 8 ? ">= 60%" : "",
  );
}

const model = benchModel(software);
const backend = await createWebGPUBackend({
  model,
  gpu,
  variants: tuning.variants,
  blockCount: 512,
  blockSize: 16,
  maxTokens: 256,
  maxRequests: 32,
});
const speeds: number[] = [];
for (const sequences of [1, 8, 32]) {
  const speed = await decodeSpeed(backend, sequences);
  speeds.push(speed.tokensPerSecond);
  add(`steps of ${sequences} tokens`, `${speed.tokensPerSecond.toFixed(0)} tokens a second`);
  const floor = model.weightBytes / bandwidth;
  if (sequences <= 8) {
    add(
      `steps of ${sequences} tokens, of the bandwidth's floor`,
      `${((100 * floor) / speed.secondsPerStep).toFixed(0)}%`,
      sequences === 1 ? ">= 70%" : ">= 60%",
    );
  }
}
add("32 sequences against one", `${(speeds[2] / speeds[0]).toFixed(1)}x`, ">= 20x");
const prefill = await prefillSpeed(backend, 256);
add("prefill of 256 tokens", `${((2 * model.parameters * prefill.tokensPerSecond) / 1e9).toFixed(0)} GFLOP/s`);
await backend.dispose();

mkdirSync(values.out, { recursive: true });
writeFileSync(
  join(values.out, "gpu-bench.json"),
  JSON.stringify({ adapter: adapterName(adapter.info), rows, tuning }, null, 2),
);
writeFileSync(join(values.out, "gpu-bench.md"), markdownOf(rows));
console.log(`written to ${join(values.out, "gpu-bench.md")} and gpu-bench.json`);

/** An adapter makes one device, so that each part asks for its own. */
function anAdapter(): Promise<GPUAdapter> {
  return requestAdapter(gpu);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
