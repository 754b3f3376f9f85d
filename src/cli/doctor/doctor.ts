import { cpus, totalmem } from "node:os";
import { oneLine } from "../failure.ts";
import type { Io } from "../io.ts";
import { packageVersion } from "../program.ts";
import { openNodeGpu } from "../webgpu-node.ts";
import { describeAdapter } from "./adapter.ts";
import type { DoctorOptions } from "./command.ts";
import { findModels } from "./models.ts";
import { type AdapterReport, formatReport, type Report } from "./report.ts";

/** Runs `bstar doctor`. Finding nothing is an answer, not a failure. */
export async function doctor(options: DoctorOptions, io: Io): Promise<void> {
  const report = diagnose(await openAdapter());
  await io.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : formatReport(report));
}

/** What came of looking for an adapter: it, or why there is none. */
export type Search = { readonly adapter: AdapterReport } | { readonly problem: string };

async function openAdapter(): Promise<Search> {
  try {
    const { adapter, origin } = await openNodeGpu();
    return { adapter: describeAdapter(adapter, origin, true) };
  } catch (error) {
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** Draws the conclusions. */
export function diagnose(search: Search): Report {
  const adapter = "adapter" in search ? search.adapter : null;
  const problem = "problem" in search ? search.problem : null;
  return {
    bstar: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown processor"}`,
    memoryBytes: totalmem(),
    backends: { webgpu: { available: problem === null, problem }, reference: { available: true, problem: null } },
    choice: choiceOf(adapter),
    adapters: adapter === null ? [] : [adapter],
    models: findModels("models"),
    advice: adviceOn(adapter),
  };
}

function choiceOf(adapter: AdapterReport | null): Report["choice"] {
  if (adapter === null) return { backend: "reference", adapter: null, reason: "WebGPU cannot be used" };
  const reason = adapter.software ? `no GPU was found, so shaders run on the CPU (${adapter.origin})` : `the fastest adapter of ${adapter.origin}`;
  return { backend: "webgpu", adapter: adapter.name, reason };
}

/** Debian 12's Mesa 22.3 was tried: Dawn refuses it. */
const REAL_GPU = "a GPU with a driver for Vulkan, Metal or Direct3D 12 is far faster than a software adapter";
const LAVAPIPE = "without a GPU, Mesa's lavapipe is faster than SwiftShader, from version 25 on (22.3 is refused)";

function adviceOn(adapter: AdapterReport | null): string[] {
  return adapter === null || adapter.software ? [REAL_GPU, LAVAPIPE] : [];
}
