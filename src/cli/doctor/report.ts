import {
  type AdapterReport,
  type Inspection,
  type ProbeReport,
  type TunedClass,
  type Variants,
  classTitle,
} from "../../backends/webgpu/index.ts";
import { formatBytes } from "../../roofline/format.ts";
import type { BackendName } from "../choose-backend.ts";
import type { CpuMeasure } from "./measure-cpu.ts";

type MeasuredCpu = Exclude<CpuMeasure, { readonly problem: string }>;

/** What `bstar doctor` found; `--json` prints it as it is. */
export interface Report {
  readonly bstar: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly backends: Readonly<Record<BackendName, Availability>>;
  /** What the CPU backend did with the built-in model; null where it cannot run. */
  readonly measured: MeasuredCpu | null;
  /** What a run without `--backend` uses. */
  readonly choice: { readonly backend: BackendName; readonly adapter: string | null; readonly reason: string };
  readonly adapters: readonly FoundAdapter[];
  /** Types of weights that WebGPU's kernels read, and what the others become; null where WebGPU cannot be used. */
  readonly weights: Inspection["weights"] | null;
  /** Which variants of the kernels run on the chosen adapter; null where there is none. */
  readonly kernels: KernelReport | null;
  /** Whether results are bit for bit the same in any batch on the chosen adapter; null where there is none. */
  readonly probe: ProbeReport | null;
  readonly models: readonly ModelReport[];
  /** What would make it better, or null where nothing would. */
  readonly advice: string | null;
}

/** The table of variants by number of rows. */
export interface KernelReport {
  /** Found by `bstar doctor --tune` on this adapter; else the table of its kind. */
  readonly tuned: boolean;
  readonly variants: Variants;
  /** What `--tune` measured just now, or null. */
  readonly measured: readonly TunedClass[] | null;
}

export interface Availability {
  readonly available: boolean;
  /** Why not. */
  readonly problem: string | null;
}

export interface FoundAdapter extends AdapterReport {
  readonly chosen: boolean;
  /** Where it comes from. */
  readonly origin: string;
}

export type ModelReport =
  | {
      readonly name: string;
      readonly folder: string;
      readonly architecture: string;
      readonly contextLength: number;
      readonly weightBytes: number;
      readonly problem: null;
    }
  | { readonly name: string; readonly folder: string; readonly problem: string };

/** Features that kernels can make use of; `--json` has all. */
const SHOWN_FEATURES = ["shader-f16", "subgroups", "timestamp-query"];

/** The report for people. */
export function formatReport(report: Report): string {
  const { bstar, node, platform, cpu, memoryBytes, choice, advice } = report;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["bstar", [`${bstar} on Node ${node}, ${platform}`, `${cpu}, ${formatBytes(memoryBytes)} of memory`]],
    [
      "backends",
      Object.entries(report.backends).map(
        ([name, { available, problem }]) =>
          `${name.padEnd(10)}${available ? "can be used" : `cannot be used: ${problem}`}`,
      ),
    ],
    ["measured", report.measured === null ? [] : [measuredLine(report.measured)]],
    ["chosen", [`${choice.backend}${choice.adapter === null ? "" : ` on ${choice.adapter}`}: ${choice.reason}`]],
    ["adapters", report.adapters.flatMap(adapterLines)],
    ["weights on WebGPU", report.weights === null ? [] : [weightsLine(report.weights)]],
    ["kernels on WebGPU", report.kernels === null ? [] : kernelLines(report.kernels)],
    ["bit-exactness", report.probe === null ? [] : probeLines(report.probe)],
    ["models", report.models.map(modelLine)],
    ["better", advice === null ? [] : [advice]],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return shown.map(([name, lines]) => `${name}\n${lines.map((line) => `  ${line}\n`).join("")}`).join("\n");
}

function measuredLine({ name, tokensPerSecond, copyBytesPerSecond }: MeasuredCpu): string {
  const speed = `${tokensPerSecond.toFixed(0)} tokens a second of the built-in model`;
  return `${name}: ${speed}; one thread copies ${formatBytes(copyBytesPerSecond)} a second`;
}

function adapterLines({ name, origin, chosen, software, features, limits }: FoundAdapter): string[] {
  const shown = SHOWN_FEATURES.map((feature) => `${feature} ${features.includes(feature) ? "yes" : "no"}`);
  return [
    `${chosen ? "*" : "-"} ${name}${software ? " (software, on the CPU)" : ""}, from ${origin}`,
    `    ${shown.join(", ")}`,
    ...Object.entries(limits).map(
      ([limit, value]) => `    ${limit.padEnd(36)}${limit.endsWith("Size") ? formatBytes(value) : value}`,
    ),
  ];
}

function weightsLine({ read, widenedTo }: Inspection["weights"]): string {
  return `${read.join(", ")} as they are stored; other types are widened to ${widenedTo} while a model is loaded`;
}

function kernelLines({ tuned, variants, measured }: KernelReport): string[] {
  const { linear, norm, attention } = variants;
  const products = linear.map((each, i) => {
    const times = Object.entries(measured?.[i].microseconds ?? {}).map(([name, time]) => `${name} ${time.toFixed(0)}`);
    const rows = i === linear.length - 1 ? `more than ${linear.at(-2)?.mostRows ?? 0}` : `up to ${each.mostRows}`;
    return `  ${`${rows} rows`.padEnd(20)}${classTitle(each)}${times.length === 0 ? "" : ` (µs: ${times.join(", ")})`}`;
  });
  const source = tuned
    ? "as bstar doctor --tune measured them"
    : "of this kind of adapter; bstar doctor --tune measures them";
  return [`matrix products, ${source}`, ...products, `RMSNorm ${norm}, attention ${attention}`];
}

function probeLines({ bitExact, checks }: ProbeReport): string[] {
  const verdict = bitExact
    ? "a request's logits are the same bits in any batch"
    : "NOT kept on this adapter: a request's logits can depend on its batch";
  return [verdict, ...checks.map(({ name, equal }) => `  ${equal ? "equal  " : "DIFFERS"} ${name}`)];
}

function modelLine(model: ModelReport): string {
  const what =
    model.problem ?? `${model.architecture}, ${formatBytes(model.weightBytes)}, context ${model.contextLength}`;
  return `${model.name.padEnd(16)}${what}`;
}
