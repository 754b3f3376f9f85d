/** The figures that are fitted, by name, and the GPU that a run had according to them. */
import {
  type Efficiency,
  type EngineFigures,
  type Gpu,
  gpuNamed,
  gpuUnder,
  HOPPER_EFFICIENCY,
  MEAN_EFFICIENCY,
  VLLM_FIGURES,
} from "../../src/roofline/index.ts";
import type { ServingRun } from "../../test/support/serving-runs.ts";

/** Values by name: `hopper.bandwidthShare`, `vllm.hostSecondsPerStep`. */
export type Figures = Readonly<Record<string, number>>;

/** Where a figure starts, how strongly it is pulled there (in the square of its logarithm), and its bounds. */
export interface FigureSpec {
  readonly name: string;
  readonly start: number;
  readonly pull: number;
  readonly least: number;
  readonly most: number;
}

/** A share that datasheets bound; a factor that says how two engines differ; a time that only measurements tell. */
const share = (name: string, start: number): FigureSpec => ({ name, start, pull: 0.05, least: 0.1, most: 1 });
const factor = (name: string): FigureSpec => ({ name, start: 1, pull: 0.05, least: 0.5, most: 2 });
const time = (name: string, start: number): FigureSpec => ({
  name,
  start,
  pull: 0.0025,
  least: start / 50,
  most: 50 * start,
});

const ENGINES = ["vllm", "trtllm", "trtllm-1.2", "sglang"] as const;

export const SPECS: readonly FigureSpec[] = [
  share("hopper.bandwidthShare", 0.85),
  share("hopper.expertBandwidthShare", 0.9),
  share("hopper.flopsShare", 0.75),
  share("hopper.lowPrecisionFlopsShare", 0.55),
  share("hopper.kvBandwidthShare", 0.85),
  share("hopper.fullKvBandwidthShare", 0.5),
  share("hopper.attentionFlopsShare", 0.6),
  share("hopper.elementwiseBandwidthShare", 0.7),
  share("nvlink.share", 0.6),
  time("nvlink.latencySecondsPerGpu", 1e-6),
  time("all.queryKeyNormSecondsPerLayer", 8e-6),
  time("all.promptSecondsPerLayer", 20e-6),
  time("all.mixtureSecondsPerLayer", 20e-6),
  time("all.lowPrecisionMixtureSecondsPerLayer", 50e-6),
  time("vllm.frontEndSeconds", 5e-3),
  time("vllm.kvSecondsPerByte", 0.8e-12),
  ...ENGINES.flatMap((engine) => [
    time(`${engine}.launchSecondsPerLayer`, 10e-6),
    time(`${engine}.lowPrecisionSecondsPerLayer`, 20e-6),
    time(`${engine}.hostSecondsPerStep`, 1e-3),
    time(`${engine}.hostSecondsPerRequest`, 15e-6),
    time(`${engine}.allReduceSeconds`, 10e-6),
  ]),
  ...["trtllm", "trtllm-1.2", "sglang"].flatMap((engine) => [
    factor(`${engine}.flopsFactor`),
    factor(`${engine}.lowPrecisionFlopsFactor`),
  ]),
];

export const STARTS: Figures = Object.fromEntries(SPECS.map(({ name, start }) => [name, start]));

/** Runs without a version are of the spring of 2026, as TensorRT-LLM 1.2 is. */
export function engineOf({ engine }: ServingRun): (typeof ENGINES)[number] {
  if (engine.startsWith("trtllm")) {
    return engine === "trtllm-" || engine.startsWith("trtllm-1.2") ? "trtllm-1.2" : "trtllm";
  }
  return engine.startsWith("sglang") ? "sglang" : "vllm";
}

/** Whether the figure can matter to the run. */
export function concerns(name: string, run: ServingRun): boolean {
  if (/mixture|expert/i.test(name) && !isMixture(run)) return false;
  const [scope] = name.split(/\.(?=[a-z]\w*$)/);
  if (scope === "hopper") return isHopper(run);
  if (scope === "nvlink") return run.gpus > 1;
  return scope === "all" || scope === engineOf(run);
}

function isMixture({ flags }: ServingRun): boolean {
  return flags.includes("moe");
}

function isHopper({ gpu }: ServingRun): boolean {
  return gpu === "h100" || gpu === "h200";
}

/**
 * The run's GPU under its engine. GPUs other than H100 and H200 keep the figures that they have; L40S the mean of the
 * others.
 */
export function gpuOf(figures: Figures, run: ServingRun): Gpu {
  const engine = engineOf(run);
  const catalogue = gpuNamed(run.gpu);
  const link =
    catalogue.link.bytesPerSecond >= 300e9
      ? { share: figures["nvlink.share"], latencySecondsPerGpu: figures["nvlink.latencySecondsPerGpu"] }
      : {};
  const gpu = {
    ...catalogue,
    link: { ...catalogue.link, ...link },
    efficiency: deviceFigures(figures, run, catalogue.efficiency),
  };
  const of = (key: string, fallback: number): number =>
    figures[`${engine}.${key}`] ?? figures[`all.${key}`] ?? fallback;
  return gpuUnder(engineFigures(of, figures["vllm.kvSecondsPerByte"], engine === "vllm"), gpu);
}

function deviceFigures(figures: Figures, run: ServingRun, own: Efficiency): Efficiency {
  const hopper = Object.fromEntries(
    SPECS.filter(({ name }) => name.startsWith("hopper.")).map(({ name }) => [
      name.slice("hopper.".length),
      figures[name],
    ]),
  ) as Partial<Efficiency>;
  const ofAll = {
    queryKeyNormSecondsPerLayer: figures["all.queryKeyNormSecondsPerLayer"],
    mixtureSecondsPerLayer: figures["all.mixtureSecondsPerLayer"],
    lowPrecisionMixtureSecondsPerLayer: figures["all.lowPrecisionMixtureSecondsPerLayer"],
  };
  if (isHopper(run)) return { ...own, ...hopper, ...ofAll };
  return { ...(own === MEAN_EFFICIENCY ? meanWith(hopper) : own), ...ofAll };
}

/** The mean moves with a third of what Hopper's figures do. */
function meanWith(hopper: Partial<Efficiency>): Efficiency {
  const moved = Object.entries(hopper).map(([key, value]) => {
    const figure = key as Exclude<keyof Efficiency, "fittedOn">;
    const sets = figure === "bandwidthShare" || figure === "flopsShare" ? 4 : 3;
    return [figure, MEAN_EFFICIENCY[figure] + ((value as number) - HOPPER_EFFICIENCY[figure]) / sets];
  });
  return { ...MEAN_EFFICIENCY, ...Object.fromEntries(moved) };
}

function engineFigures(
  of: (key: string, fallback: number) => number,
  kvSecondsPerByte: number,
  isVllm: boolean,
): EngineFigures {
  return {
    launchSecondsPerLayer: of("launchSecondsPerLayer", 0),
    promptSecondsPerLayer: of("promptSecondsPerLayer", 0),
    lowPrecisionSecondsPerLayer: of("lowPrecisionSecondsPerLayer", 0),
    hostSecondsPerStep: of("hostSecondsPerStep", 0),
    hostSecondsPerRequest: of("hostSecondsPerRequest", 0),
    allReduceSeconds: of("allReduceSeconds", 0),
    flopsFactor: of("flopsFactor", 1),
    lowPrecisionFlopsFactor: of("lowPrecisionFlopsFactor", 1),
    kvSecondsPerByte: isVllm
      ? Object.fromEntries(Object.keys(VLLM_FIGURES.kvSecondsPerByte).map((gpu) => [gpu, kvSecondsPerByte]))
      : {},
    fittedGpus: [],
    fittedOn: "this fit",
  };
}
