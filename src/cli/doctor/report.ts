/** What `bstar doctor` found; `--json` prints it as it is. */
export interface Report {
  readonly bstar: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly backends: Readonly<Record<"webgpu" | "reference", Availability>>;
  /** What a run without `--backend` uses. */
  readonly choice: { readonly backend: "webgpu" | "reference"; readonly adapter: string | null; readonly reason: string };
  readonly adapters: readonly AdapterReport[];
  readonly models: readonly ModelReport[];
  /** What would make it better; empty where nothing would. */
  readonly advice: readonly string[];
}

export interface Availability {
  readonly available: boolean;
  /** Why not. */
  readonly problem: string | null;
}

export interface AdapterReport {
  readonly name: string;
  /** Where it comes from. */
  readonly origin: string;
  readonly chosen: boolean;
  /** Shaders run on the CPU. */
  readonly software: boolean;
  readonly info: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

export type ModelReport =
  | { readonly name: string; readonly folder: string; readonly architecture: string; readonly contextLength: number; readonly weightBytes: number; readonly problem: null }
  | { readonly name: string; readonly folder: string; readonly problem: string };

/** Limits that decide what fits; `--json` has all. */
const SHOWN_LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage", "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupStorageSize"];

/** Features that kernels can make use of. */
const SHOWN_FEATURES = ["shader-f16", "subgroups", "timestamp-query"];

/** The report for people. */
export function formatReport(report: Report): string {
  const { bstar, node, platform, cpu, memoryBytes, choice } = report;
  const sections = [
    ["bstar", [`${bstar} on Node ${node}, ${platform}`, `${cpu}, ${formatBytes(memoryBytes)} of memory`]],
    ["backends", Object.entries(report.backends).map(([name, { available, problem }]) => `${name.padEnd(10)}${available ? "can be used" : `cannot be used: ${problem}`}`)],
    ["chosen", [`${choice.backend}${choice.adapter === null ? "" : ` on ${choice.adapter}`}: ${choice.reason}`]],
    ["adapters", report.adapters.flatMap(adapterLines)],
    ["models", report.models.map(modelLine)],
    ["better", report.advice],
  ] as const;
  return sections.filter(([, lines]) => lines.length > 0).map(([name, lines]) => `${name}\n${lines.map((line) => `  ${line}\n`).join("")}`).join("\n");
}

function adapterLines({ name, origin, chosen, software, features, limits }: AdapterReport): string[] {
  const shownFeatures = SHOWN_FEATURES.map((feature) => `${feature} ${features.includes(feature) ? "yes" : "no"}`);
  const shownLimits = SHOWN_LIMITS.filter((limit) => limits[limit] !== undefined);
  return [
    `${chosen ? "*" : "-"} ${name}${software ? " (software, on the CPU)" : ""}, from ${origin}`,
    `    ${shownFeatures.join(", ")}`,
    ...shownLimits.map((limit) => `    ${limit.padEnd(36)}${/Size$/.test(limit) ? formatBytes(limits[limit]) : limits[limit]}`),
  ];
}

function modelLine(model: ModelReport): string {
  const what = model.problem ?? `${model.architecture}, ${formatBytes(model.weightBytes)}, context ${model.contextLength}`;
  return `${model.name.padEnd(16)}${what}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes with three digits. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${UNITS[power]}`;
}
