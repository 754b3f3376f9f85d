import { cpus, totalmem } from "node:os";
import { type Inspection, inspectAdapters } from "../../backends/webgpu/index.ts";
import { oneLine } from "../failure.ts";
import type { Io } from "../io.ts";
import { packageVersion } from "../package-version.ts";
import { openNodeGpu } from "../webgpu-node.ts";
import { findModels } from "./models.ts";
import type { DoctorOptions } from "./options.ts";
import { formatReport, type Report } from "./report.ts";

/** Runs `bstar doctor`. Finding nothing is an answer, not a failure. */
export async function doctor(options: DoctorOptions, io: Io): Promise<void> {
  const report = diagnose(await search());
  await io.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : formatReport(report));
}

/** What came of looking for WebGPU: what it offers and where it comes from, or why it cannot be used. */
export type Search = { readonly inspection: Inspection; readonly origin: string } | { readonly problem: string };

async function search(): Promise<Search> {
  try {
    const { gpu, origin } = await openNodeGpu();
    return { inspection: await inspectAdapters(gpu), origin };
  } catch (error) {
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** What would be better than no WebGPU at all; how to get one at all is in the problem. */
const BETTER_THAN_NOTHING = "WebGPU on a GPU, with a driver for Vulkan, Metal or Direct3D 12; without a GPU, on a software adapter";

/** Draws the conclusions. */
export function diagnose(found: Search): Report {
  const problem = "problem" in found ? found.problem : null;
  return {
    bstar: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown processor"}`,
    memoryBytes: totalmem(),
    backends: { webgpu: { available: problem === null, problem }, reference: { available: true, problem: null } },
    ...("problem" in found ? withoutWebGPU() : withWebGPU(found.inspection, found.origin)),
    models: findModels("models"),
  };
}

type WebGPUPart = Pick<Report, "choice" | "adapters" | "probe" | "advice">;

function withWebGPU({ adapters, chosen, reason, advice, probe }: Inspection, origin: string): WebGPUPart {
  return {
    choice: { backend: "webgpu", adapter: chosen, reason },
    adapters: adapters.map((adapter) => ({ ...adapter, chosen: adapter.name === chosen, origin })),
    probe,
    advice,
  };
}

function withoutWebGPU(): WebGPUPart {
  return { choice: { backend: "reference", adapter: null, reason: "WebGPU cannot be used" }, adapters: [], probe: null, advice: BETTER_THAN_NOTHING };
}
