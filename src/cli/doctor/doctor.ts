import { cpus, totalmem } from "node:os";
import { type Inspection, VARIANTS, inspectAdapters, isSoftware, tuneVariants } from "../../backends/webgpu/index.ts";
import { oneLine, UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { packageVersion } from "../package-version.ts";
import { readTuning, writeTuning } from "../tuning.ts";
import { openNodeGpu } from "../webgpu-node.ts";
import { type CpuMeasure, measureCpu } from "./measure-cpu.ts";
import { findModels } from "./models.ts";
import type { DoctorOptions } from "./options.ts";
import { formatReport, type KernelReport, type Report } from "./report.ts";

/** Runs `bstar doctor`. Finding nothing is an answer, not a failure. */
export async function doctor(options: DoctorOptions, io: Io): Promise<void> {
  if (options.calibrate === true) return calibrate(options, io);
  const report = diagnose(await search(options.tune === true), await measureCpu());
  await io.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : formatReport(report));
}

/** Prints the CPU's measures alone. */
async function calibrate({ tune }: DoctorOptions, io: Io): Promise<void> {
  if (tune === true) throw new UsageError("--tune measures a GPU and --calibrate the CPU: give one of them");
  const { calibrateCpu } = await import("./calibrate.ts");
  await io.stdout.write(`${JSON.stringify(await calibrateCpu(), null, 2)}\n`);
}

/** What came of looking for WebGPU: what it offers and where it comes from, or why it cannot be used. */
export type Search =
  | { readonly inspection: Inspection; readonly origin: string; readonly kernels: KernelReport }
  | { readonly problem: string };

async function search(isTuning: boolean): Promise<Search> {
  try {
    const { gpu, adapter, origin } = await openNodeGpu();
    const { info } = adapter;
    const tuning = isTuning ? await tuneVariants(adapter) : null;
    if (tuning !== null) writeTuning(info, tuning);
    const known = readTuning(info);
    const variants = known ?? VARIANTS[isSoftware(info) ? "software" : "gpu"];
    const kernels = { tuned: known !== undefined, variants, measured: tuning?.classes ?? null };
    return { inspection: await inspectAdapters(gpu), origin, kernels };
  } catch (error) {
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

const BETTER_THAN_CPU = "a GPU with a driver for Vulkan, Metal or Direct3D 12, which WebGPU uses";

/**
 * Draws the conclusions: a GPU before the CPU, the CPU before the reference; software adapters only when they are asked
 * for.
 */
export function diagnose(found: Search, cpu: CpuMeasure): Report {
  const problem = "problem" in found ? found.problem : null;
  const cpuProblem = "problem" in cpu ? cpu.problem : null;
  return {
    bstar: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown processor"}`,
    memoryBytes: totalmem(),
    backends: {
      webgpu: { available: problem === null, problem },
      cpu: { available: cpuProblem === null, problem: cpuProblem },
      reference: { available: true, problem: null },
    },
    measured: "problem" in cpu ? null : cpu,
    ...("problem" in found
      ? { adapters: [], weights: null, probe: null, kernels: null }
      : { ...adaptersOf(found.inspection, found.origin), kernels: found.kernels }),
    ...choose(found, cpu),
    models: findModels("models"),
  };
}

function adaptersOf(
  { adapters, chosen, weights, probe }: Inspection,
  origin: string,
): Pick<Report, "adapters" | "weights" | "probe"> {
  return {
    adapters: adapters.map((adapter) => ({ ...adapter, chosen: adapter.name === chosen, origin })),
    weights,
    probe,
  };
}

/** What a run without `--backend` uses: the order of `chooseBackend`. */
function choose(found: Search, cpu: CpuMeasure): Pick<Report, "choice" | "advice"> {
  const gpu = "problem" in found ? null : found.inspection;
  const isReal = gpu?.adapters.some(({ name, software }) => name === gpu.chosen && !software) ?? false;
  if (gpu !== null && isReal) {
    return { choice: { backend: "webgpu", adapter: gpu.chosen, reason: gpu.reason }, advice: gpu.advice };
  }
  const noGpu = gpu === null ? "WebGPU cannot be used" : "WebGPU has software adapters alone, which are slower";
  if ("problem" in cpu) {
    return {
      choice: { backend: "reference", adapter: null, reason: `${noGpu}, nor can the CPU's kernels` },
      advice: BETTER_THAN_CPU,
    };
  }
  return { choice: { backend: "cpu", adapter: null, reason: noGpu }, advice: BETTER_THAN_CPU };
}
